import org.apache.kafka.common.errors.InvalidMetadataException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.AppInfoParser;

/** Prints Apache Kafka's error table as JSON: name, code, whether it is retriable, whether metadata is then stale. */
public class KafkaErrors {
  public static void main(String[] args) {
    System.out.println("{\n\"capturedBy\": \"scripts/capture-golden/KafkaErrors.java\",\n\"from\": \"Apache Kafka " + AppInfoParser.getVersion() + "\",\n\"errors\": [");
    String separator = "";
    for (Errors error : Errors.values()) {
      System.out.print(separator + "[\"" + error + "\", " + error.code() + ", "
          + (error.exception() instanceof RetriableException) + ", " + (error.exception() instanceof InvalidMetadataException) + "]");
      separator = ",\n";
    }
    System.out.println("\n]\n}");
  }
}
