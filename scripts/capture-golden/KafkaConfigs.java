import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Prints what Apache Kafka says of its configuration, as JSON: each definition of its ConfigDefs (type, default, validator),
 * how a broker property may change while it runs, and what a running broker answers to DescribeConfigs.
 * Argument: bootstrap address.
 */
public class KafkaConfigs {
  static final StringBuilder out = new StringBuilder();

  static String quoted(Object value) {
    if (value == null) return "null";
    StringBuilder text = new StringBuilder("\"");
    for (char c : value.toString().toCharArray()) {
      if (c == '"' || c == '\\') text.append('\\').append(c);
      else if (c < 32) text.append(String.format("\\u%04x", (int) c));
      else text.append(c);
    }
    return text.append('"').toString();
  }

  static void definitions(String name, ConfigDef definition, Map<String, String> updateModes) {
    out.append("\"").append(name).append("\": {\n");
    String separator = "";
    for (ConfigDef.ConfigKey key : new TreeMap<>(definition.configKeys()).values()) {
      boolean required = key.defaultValue == ConfigDef.NO_DEFAULT_VALUE;
      out.append(separator).append(quoted(key.name)).append(": {\"type\": ").append(quoted(key.type.toString().toLowerCase()));
      if (required) out.append(", \"required\": true");
      else out.append(", \"default\": ").append(quoted(ConfigDef.convertToString(key.defaultValue, key.type)));
      if (key.validator != null) out.append(", \"valid\": ").append(quoted(key.validator));
      if (key.internalConfig) out.append(", \"internal\": true");
      if (updateModes.containsKey(key.name)) out.append(", \"update\": ").append(quoted(updateModes.get(key.name)));
      out.append("}");
      separator = ",\n";
    }
    out.append("\n},\n");
  }

  static void described(String name, Config config) {
    out.append("\"").append(name).append("\": {\n");
    String separator = "";
    for (ConfigEntry entry : config.entries().stream().sorted(Comparator.comparing(ConfigEntry::name)).toList()) {
      out.append(separator).append(quoted(entry.name())).append(": {\"type\": ").append(quoted(entry.type().toString()))
          .append(", \"value\": ").append(quoted(entry.value()))
          .append(", \"source\": ").append(quoted(entry.source()));
      if (entry.isReadOnly()) out.append(", \"readOnly\": true");
      if (entry.isSensitive()) out.append(", \"sensitive\": true");
      out.append(", \"synonyms\": [").append(entry.synonyms().stream()
          .map(s -> "[" + quoted(s.name()) + ", " + quoted(s.value()) + ", " + quoted(s.source()) + "]")
          .collect(Collectors.joining(", "))).append("]}");
      separator = ",\n";
    }
    out.append("\n}");
  }

  public static void main(String[] args) throws Exception {
    out.append("{\n\"capturedBy\": \"scripts/capture-golden/KafkaConfigs.java\",\n\"from\": \"Apache Kafka ")
        .append(AppInfoParser.getVersion()).append("\",\n\"definitions\": {\n");
    Map<String, String> modes = DynamicBrokerConfig.dynamicConfigUpdateModes();
    definitions("broker", AbstractKafkaConfig.CONFIG_DEF, modes);
    definitions("topic", LogConfig.configDefCopy(), Map.of());
    definitions("group", GroupConfig.CONFIG_DEF, Map.of());
    definitions("clientMetrics", ClientMetricsConfigs.configDef(), Map.of());
    out.setLength(out.length() - 2);
    out.append("\n},\n\"otherDynamic\": [").append(new TreeSet<>(modes.keySet()).stream()
        .filter(name -> !AbstractKafkaConfig.CONFIG_DEF.configKeys().containsKey(name)).map(KafkaConfigs::quoted)
        .collect(Collectors.joining(", "))).append("],\n\"brokerSynonyms\": {\n");
    out.append(new TreeMap<>(AbstractKafkaConfig.CONFIG_DEF.configKeys()).keySet().stream()
        .filter(name -> DynamicBrokerConfig.brokerConfigSynonyms(name, true).size() > 1)
        .map(name -> quoted(name) + ": [" + DynamicBrokerConfig.brokerConfigSynonyms(name, true).stream()
            .map(KafkaConfigs::quoted).collect(Collectors.joining(", ")) + "]")
        .collect(Collectors.joining(",\n"))).append("\n},\n\"described\": {\n");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
      ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "t");
      ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "g");
      ConfigResource loggers = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
      Map<ConfigResource, Config> all = admin.describeConfigs(List.of(broker, topic, group, loggers),
          new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).all().get();
      described("broker", all.get(broker));
      out.append(",\n");
      described("topic", all.get(topic));
      out.append(",\n");
      described("group", all.get(group));
      out.append("\n},\n\"loggers\": [").append(all.get(loggers).entries().stream().map(ConfigEntry::name).sorted()
          .map(KafkaConfigs::quoted).collect(Collectors.joining(", "))).append("]\n}\n");
    }
    System.out.print(out);
  }
}
