import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Runs a node of a home with modules and plugins until the process is told to end.
 *
 * <p>OpenSearch's own main class would need a security policy, an agent and the limits of a production system. The
 * classes are found by their names, so that one Java compiles for all versions.
 *
 * <p>Usage: java HomeLauncher HOME CONFIG NODE_NAME
 */
public final class HomeLauncher {
  public static void main(String[] args) throws Exception {
    Class<?> settingsClass = Class.forName("org.opensearch.common.settings.Settings");
    Object builder = settingsClass.getMethod("builder").invoke(null);
    builder.getClass().getMethod("put", String.class, String.class).invoke(builder, "path.home", args[0]);
    Object settings = builder.getClass().getMethod("build").invoke(builder);
    Supplier<String> name = () -> args[2];
    Object environment =
        Class.forName("org.opensearch.node.InternalSettingsPreparer")
            .getMethod("prepareEnvironment", settingsClass, Map.class, Path.class, Supplier.class)
            .invoke(null, settings, Map.of(), Path.of(args[1]), name);

    Class<?> logging = Class.forName("org.opensearch.common.logging.LogConfigurator");
    logging.getMethod("setNodeName", String.class).invoke(null, args[2]);
    logging.getMethod("configure", environment.getClass()).invoke(null, environment);

    Class<?> nodeClass = Class.forName("org.opensearch.node.Node");
    Object node = nodeClass.getConstructor(environment.getClass()).newInstance(environment);
    Method close = nodeClass.getMethod("close");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(node, close)));
    nodeClass.getMethod("start").invoke(node);
    Thread.currentThread().join();
  }

  private static void end(Object node, Method close) {
    try {
      close.invoke(node);
    } catch (ReflectiveOperationException error) {
      System.err.println("closing the node failed: " + error);
    }
  }
}
