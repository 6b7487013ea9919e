import java.io.Closeable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one node, or some of one cluster, until the process is told to end. Their data stay in the folder, so that the
 * next start finds them.
 *
 * <p>The runner is found by its name, because that of Elasticsearch has another one, and so that one Java compiles for
 * all of them.
 *
 * <p>Usage: java [-Dsetting.NAME=VALUE ...] NodeLauncher RUNNER ROLES FOLDER CLUSTER_NAME
 * HTTP_PORT TRANSPORT_PORT [HTTP_PORT TRANSPORT_PORT ...]
 */
public final class NodeLauncher {
  private static final int FIRST_PORT = 4;

  public static void main(String[] args) throws Exception {
    Class<?> type = Class.forName(args[0]);
    String folder = Path.of(args[2]).toAbsolutePath().toString();
    int nodes = (args.length - FIRST_PORT) / 2;

    Object runner = type.getConstructor().newInstance();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close((Closeable) runner)));
    // Without a limit the runner takes the port as it is instead of looking for another free one up to 9299.
    call(runner, "setMaxHttpPort", -1);
    Class<?> builder = Class.forName(args[0] + "$Builder");
    Object onBuild =
        Proxy.newProxyInstance(
            builder.getClassLoader(),
            new Class<?>[] {builder},
            (proxy, method, values) -> {
              configure(values[1], (int) values[0], nodes, args, folder);
              return null;
            });
    call(runner, "onBuild", onBuild);

    Object configs = type.getMethod("newConfigs").invoke(null);
    call(configs, "basePath", folder);
    call(configs, "clusterName", args[3]);
    call(configs, "numOfNode", nodes);
    call(configs, "baseHttpPort", Integer.parseInt(args[FIRST_PORT]) - 1);
    call(runner, "build", configs);
    Thread.currentThread().join();
  }

  private static void configure(Object settings, int number, int nodes, String[] args, String folder) throws Exception {
    put(settings, "node.roles", args[1]);
    put(settings, "http.port", args[FIRST_PORT + 2 * number - 2]);
    put(settings, "transport.port", args[FIRST_PORT + 2 * number - 1]);
    // Where a repository of snapshots may be.
    put(settings, "path.repo", folder);
    // A laptop's disk is often more than 95 % full, at which indices would become read-only.
    put(settings, "cluster.routing.allocation.disk.threshold_enabled", "false");
    if (nodes > 1) {
      List<String> addresses = new ArrayList<>();
      for (int node = 0; node < nodes; node++) {
        addresses.add("127.0.0.1:" + args[FIRST_PORT + 2 * node + 1]);
      }
      put(settings, "discovery.seed_hosts", String.join(",", addresses));
      put(settings, "cluster.initial_" + args[1].split(",")[0] + "_nodes", "Node 1");
    } else if (System.getProperty("setting.discovery.seed_hosts") == null) {
      // Nothing to find: two nodes on one machine must not look for each other.
      put(settings, "discovery.type", "single-node");
    }
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("setting.")) {
        put(settings, name.substring("setting.".length()), System.getProperty(name));
      }
    }
  }

  private static void put(Object settings, String name, String value) throws Exception {
    settings.getClass().getMethod("put", String.class, String.class).invoke(settings, name, value);
  }

  /** Calls the public method of this name that takes the value. */
  private static void call(Object target, String name, Object value) throws Exception {
    for (Method method : target.getClass().getMethods()) {
      Class<?>[] types = method.getParameterTypes();
      if (method.getName().equals(name) && types.length == 1 && takes(types[0], value)) {
        try {
          method.invoke(target, value);
          return;
        } catch (InvocationTargetException error) {
          throw new IllegalStateException(error.getCause());
        }
      }
    }
    throw new NoSuchMethodException(target.getClass().getName() + "." + name);
  }

  private static boolean takes(Class<?> type, Object value) {
    return type.isInstance(value) || (type == int.class && value instanceof Integer);
  }

  private static void close(Closeable runner) {
    try {
      runner.close();
    } catch (java.io.IOException error) {
      System.err.println("closing the node failed: " + error);
    }
  }
}
