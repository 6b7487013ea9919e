import java.util.Set;

/** Prints the name and the properties of every index setting that the engine on the classpath has. */
public class PrintIndexSettings {
    public static void main(String[] arguments) throws Exception {
        Class<?> settings = null;
        for (String maker : new String[] {"opensearch", "elasticsearch"}) {
            try {
                settings = Class.forName("org." + maker + ".common.settings.IndexScopedSettings");
                break;
            } catch (ClassNotFoundException otherMaker) {
                // the engine is of the other one
            }
        }
        for (Object setting : (Set<?>) settings.getField("BUILT_IN_INDEX_SETTINGS").get(null)) {
            Object name = setting.getClass().getMethod("getKey").invoke(setting);
            System.out.println(name + " " + setting.getClass().getMethod("getProperties").invoke(setting));
        }
    }
}
