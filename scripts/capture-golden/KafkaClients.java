import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Has Apache Kafka's own clients use each API once: producers, a classic group, transactions of both versions, the admin. */
public class KafkaClients {
  static String bootstrap;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "java"))) {
      admin.createTopics(List.of(new NewTopic("java-in", 2, (short) 1).configs(Map.of("retention.ms", "86400000")), new NewTopic("java-out", 1, (short) 1))).all().get();
      pipeline("java-tv2");
      admin.updateFeatures(Map.of("transaction.version", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)), new UpdateFeaturesOptions()).all().get();
      pipeline("java-tv1");
      admin.updateFeatures(Map.of("transaction.version", new FeatureUpdate((short) 2, FeatureUpdate.UpgradeType.UPGRADE)), new UpdateFeaturesOptions()).all().get();
      admin.describeCluster().clusterId().get();
      var topic = new ConfigResource(ConfigResource.Type.TOPIC, "java-out");
      admin.describeConfigs(List.of(topic)).all().get();
    admin.incrementalAlterConfigs(Map.of(topic, List.of(new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND), new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE)))).all().get();
      admin.listConfigResources(Set.of(ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER), new ListConfigResourcesOptions()).all().get();
      admin.listOffsets(Map.of(new TopicPartition("java-in", 0), OffsetSpec.maxTimestamp(), new TopicPartition("java-in", 1), OffsetSpec.earliest())).all().get();
      admin.listGroups().all().get();
      admin.describeClassicGroups(List.of("java-tv1")).all().get();
      admin.listConsumerGroupOffsets("java-tv1").all().get();
      try { admin.listConsumerGroupOffsets("no-such-group").all().get(); } catch (Exception expected) { }
      admin.alterConsumerGroupOffsets("java-tv2-reader", Map.of(new TopicPartition("java-in", 0), new OffsetAndMetadata(1, Optional.of(0), "by hand"))).all().get();
      consumerProtocol(admin);
      describeAndMend(admin);
      admin.deleteConsumerGroups(List.of("java-tv1-reader")).all().get();
      admin.deleteTopics(List.of("java-out")).all().get();
    }
    logIn(args[1], args[2], args[3]);
  }

  static void logIn(String bootstrap, String username, String password) throws Exception {
    var jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + username + "\" password=\"" + password + "\";";
    Map<String, Object> login = Map.of("bootstrap.servers", bootstrap, "client.id", "java", "security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN", "sasl.jaas.config", jaas);
    try (Admin admin = Admin.create(login)) {
      admin.describeCluster().clusterId().get();
    }
  }

  /** A group of the consumer protocol (KIP-848), described while it has a member. */
  static void consumerProtocol(Admin admin) throws Exception {
    var consuming = new HashMap<String, Object>(Map.of("bootstrap.servers", bootstrap, "client.id", "java", "group.id", "java-848", "group.protocol", "consumer", "client.rack", "rack-a"));
    consuming.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    consuming.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    try (var consumer = new KafkaConsumer<String, String>(consuming)) {
      consumer.subscribe(List.of("java-in"));
      for (int i = 0; i < 50 && consumer.assignment().isEmpty(); i++) consumer.poll(Duration.ofMillis(200));
      admin.describeConsumerGroups(List.of("java-848", "java-tv1")).all().get();
    }
  }

  /** What people use from the command line. */
  static void describeAndMend(Admin admin) throws Exception {
    var partition = new TopicPartition("java-in", 0);
    admin.describeTopics(List.of("java-in", "java-out")).allTopicNames().get();
    admin.createPartitions(Map.of("java-in", NewPartitions.increaseTo(3, List.of(List.of(1))))).all().get();
    admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2))).all().get();
    admin.describeLogDirs(List.of(1)).allDescriptions().get();
    admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions().get();
    admin.listPartitionReassignments(Set.of(partition)).reassignments().get();
    admin.deleteConsumerGroupOffsets("java-tv2-reader", Set.of(partition)).all().get();
    admin.describeMetadataQuorum().quorumInfo().get();
    admin.describeProducers(List.of(new TopicPartition("java-out", 0))).all().get();
    admin.describeTransactions(List.of("java-tv1", "java-tv2")).all().get();
    admin.listTransactions(new ListTransactionsOptions().filterStates(List.of(TransactionState.COMPLETE_ABORT)).filterOnTransactionalIdPattern("java-.*")).all().get();
    var consuming = new HashMap<String, Object>(Map.of("bootstrap.servers", bootstrap, "client.id", "java"));
    consuming.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    consuming.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    try (var consumer = new KafkaConsumer<String, String>(consuming)) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, new OffsetAndMetadata(3, Optional.of(0), ""));
      for (int i = 0; i < 5; i++) consumer.poll(Duration.ofMillis(200));
    }
  }

  static void pipeline(String name) throws Exception {
    Map<String, Object> common = Map.of("bootstrap.servers", bootstrap, "client.id", "java");
    var producing = new HashMap<String, Object>(common);
    producing.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    producing.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    try (var plain = new KafkaProducer<String, String>(producing)) {
      for (int i = 0; i < 4; i++) plain.send(new ProducerRecord<>("java-in", i % 2, "key", "value " + i)).get();
    }
    var consuming = new HashMap<String, Object>(common);
    consuming.put("group.id", name);
    consuming.put("group.protocol", "classic");
    consuming.put("group.instance.id", name + "-member");
    consuming.put("client.rack", "rack-a");
    consuming.put("auto.offset.reset", "earliest");
    consuming.put("isolation.level", "read_committed");
    consuming.put("enable.auto.commit", false);
    consuming.put("heartbeat.interval.ms", 300);
    consuming.put("session.timeout.ms", 6000);
    consuming.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    consuming.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    producing.put("transactional.id", name);
    try (var consumer = new KafkaConsumer<String, String>(consuming); var producer = new KafkaProducer<String, String>(producing)) {
      producer.initTransactions();
      consumer.subscribe(List.of("java-in"));
      var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
      long end = System.currentTimeMillis() + 20000;
      while (offsets.size() < 2 && System.currentTimeMillis() < end)
        for (var record : consumer.poll(Duration.ofMillis(200)))
          offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1, Optional.of(0), "m"));
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("java-out", "committed"));
      producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
      producer.commitTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("java-out", "aborted"));
      producer.flush();
      producer.abortTransaction();
      consumer.commitSync(offsets);
      consumer.poll(Duration.ofMillis(700));
    }
    var reading = new HashMap<String, Object>(consuming);
    reading.remove("group.instance.id");
    reading.put("group.id", name + "-reader");
    try (var consumer = new KafkaConsumer<String, String>(reading)) {
      consumer.subscribe(List.of("java-out"));
      for (int i = 0; i < 15; i++) consumer.poll(Duration.ofMillis(200));
      consumer.commitSync();
      consumer.unsubscribe();
    }
  }
}
