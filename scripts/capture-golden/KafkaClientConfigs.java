import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.utils.AppInfoParser;

/** Prints the properties of Apache Kafka's clients as JSON: by client and name, the type and the default. */
public class KafkaClientConfigs {
  private static String quoted(Object value) {
    return value == null ? "null" : "\"" + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private static String definitions(ConfigDef definition) {
    StringBuilder out = new StringBuilder();
    for (Map.Entry<String, ConfigDef.ConfigKey> entry : new TreeMap<>(definition.configKeys()).entrySet()) {
      ConfigDef.ConfigKey key = entry.getValue();
      if (key.internalConfig) continue;
      Object byDefault = key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null;
      out.append(out.length() == 0 ? "" : ",\n").append("\"").append(key.name).append("\": { \"type\": \"")
          .append(key.type.name().toLowerCase()).append("\", \"default\": ").append(quoted(byDefault)).append(" }");
    }
    return out.toString();
  }

  public static void main(String[] args) {
    System.out.println("{\n\"capturedBy\": \"scripts/capture-golden/KafkaClientConfigs.java\",\n\"from\": \"Apache Kafka "
        + AppInfoParser.getVersion() + "\",\n\"producer\": {\n" + definitions(ProducerConfig.configDef())
        + "\n},\n\"consumer\": {\n" + definitions(ConsumerConfig.configDef())
        + "\n},\n\"admin\": {\n" + definitions(AdminClientConfig.configDef()) + "\n}\n}");
  }
}
