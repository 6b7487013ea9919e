import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs one OpenSearch node, or some of one cluster, until the process is told to end. Their data stay in the folder,
 * so that the next start finds them.
 *
 * <p>Usage: java -cp "lib/*" OpenSearchLauncher.java FOLDER CLUSTER_NAME HTTP_PORT TRANSPORT_PORT [HTTP_PORT TRANSPORT_PORT ...]
 */
public final class OpenSearchLauncher {
  public static void main(String[] args) throws Exception {
    String folder = Path.of(args[0]).toAbsolutePath().toString();
    String clusterName = args[1];
    int nodes = (args.length - 2) / 2;
    List<String> addresses = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      addresses.add("127.0.0.1:" + args[3 + 2 * node]);
    }

    OpenSearchRunner runner = new OpenSearchRunner();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
    // Without a limit the runner takes the port as it is instead of looking for another free one up to 9299.
    runner.setMaxHttpPort(-1);
    runner.onBuild(
        (number, settings) -> {
          settings
              .putList("node.roles", "cluster_manager", "data", "ingest")
              .put("http.port", Integer.parseInt(args[2 * number]))
              .put("transport.port", Integer.parseInt(args[2 * number + 1]))
              // Where a repository of snapshots may be.
              .put("path.repo", folder)
              // A laptop's disk is often more than 95 % full, at which indices would become read-only.
              .put("cluster.routing.allocation.disk.threshold_enabled", false);
          // Those of one test: -Dsetting.NAME=VALUE.
          for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("setting.")) {
              settings.put(name.substring("setting.".length()), System.getProperty(name));
            }
          }
          if (nodes == 1) {
            // Nothing to find: two nodes on one machine must not look for each other.
            settings.put("discovery.type", "single-node");
          } else {
            settings.putList("discovery.seed_hosts", addresses).putList("cluster.initial_cluster_manager_nodes", "Node 1");
          }
        });
    runner.build(
        OpenSearchRunner.newConfigs()
            .basePath(folder)
            .clusterName(clusterName)
            .numOfNode(nodes)
            .baseHttpPort(Integer.parseInt(args[2]) - 1));
    Thread.currentThread().join();
  }

  private static void close(OpenSearchRunner runner) {
    try {
      runner.close();
    } catch (java.io.IOException error) {
      System.err.println("closing the node failed: " + error);
    }
  }
}
