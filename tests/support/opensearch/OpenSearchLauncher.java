import java.nio.file.Path;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs one OpenSearch node until the process is told to end. Its data stay in the folder, so that the next
 * start finds them.
 *
 * <p>Usage: java -cp "lib/*" OpenSearchLauncher.java FOLDER CLUSTER_NAME HTTP_PORT TRANSPORT_PORT
 */
public final class OpenSearchLauncher {
  public static void main(String[] args) throws Exception {
    String folder = Path.of(args[0]).toAbsolutePath().toString();
    String clusterName = args[1];
    int httpPort = Integer.parseInt(args[2]);
    int transportPort = Integer.parseInt(args[3]);

    OpenSearchRunner runner = new OpenSearchRunner();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
    // Without a limit the runner takes the port as it is instead of looking for another free one up to 9299.
    runner.setMaxHttpPort(-1);
    runner.onBuild(
        (number, settings) ->
            settings
                .putList("node.roles", "cluster_manager", "data", "ingest")
                .put("http.port", httpPort)
                .put("transport.port", transportPort)
                // Where a repository of snapshots may be.
                .put("path.repo", folder)
                // Nothing to find: two nodes on one machine must not look for each other.
                .put("discovery.type", "single-node")
                // A laptop's disk is often more than 95 % full, at which indices would become read-only.
                .put("cluster.routing.allocation.disk.threshold_enabled", false));
    runner.build(
        OpenSearchRunner.newConfigs()
            .basePath(folder)
            .clusterName(clusterName)
            .numOfNode(1)
            .baseHttpPort(httpPort - 1));
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
