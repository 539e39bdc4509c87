import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.protocol.types.*;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * Asks Apache Kafka's own message classes what each message looks like: names, types and order by version, defaults,
 * header versions, and bytes of a filled message in each version. Prints JSON; see README.md beside this file.
 * Arguments: class names.
 */
public class KafkaMessages {
  /** Begun anew for each message, so that another message more leaves the bytes of the others as they are. */
  static Random random;

  public static void main(String[] names) throws Exception {
    StringJoiner messages = new StringJoiner(",\n", "{\n", "\n}");
    for (String name : names) messages.add(message(Class.forName(name)));
    StringJoiner headers = new StringJoiner(",\n", "{\n", "\n}");
    for (ApiKeys api : ApiKeys.values()) {
      if (!Arrays.asList(names).contains("org.apache.kafka.common.message." + api.name + "RequestData")) continue;
      TreeMap<Short, String> versions = new TreeMap<>();
      for (short v = api.oldestVersion(); v <= api.latestVersion(true); v++)
        versions.put(v, api.requestHeaderVersion(v) + "/" + api.responseHeaderVersion(v));
      headers.add("  " + quote(Short.toString(api.id)) + ": " + ranges(versions));
    }
    System.out.println("{\n\"capturedBy\": " + quote("scripts/capture-golden/KafkaMessages.java")
        + ",\n\"from\": " + quote("Apache Kafka " + AppInfoParser.getVersion())
        + ",\n\"headers\": " + headers + ",\n\"messages\": " + messages + "\n}");
  }

  static String message(Class<?> type) throws Exception {
    random = new Random(20260801 + type.getSimpleName().hashCode());
    Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
    short low = type.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
    short high = type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
    TreeMap<Short, String> layouts = new TreeMap<>();
    String framed = null;
    StringJoiner bytes = new StringJoiner(",\n    ", "{\n    ", "\n  }");
    for (short v = low; v <= high; v++) {
      layouts.put(v, fields(schemas[v]));
      ApiMessage filled = (ApiMessage) fill(type, schemas[v]);
      ByteBuffer buffer = MessageUtil.toByteBufferAccessor(filled, v).buffer();
      byte[] written = new byte[buffer.remaining()];
      buffer.get(written);
      framed = framed(filled, v);
      bytes.add(quote(Short.toString(v)) + ": " + quote(HexFormat.of().formatHex(written)));
    }
    String name = type.getSimpleName().replaceAll("Data$", "");
    short key = ((ApiMessage) type.getConstructor().newInstance()).apiKey();
    return quote(name) + ": {\n  \"key\": " + key + (framed == null ? "" : ",\n  \"framed\": " + quote(framed)) + ",\n  \"layouts\": " + ranges(layouts)
        + ",\n  \"defaults\": " + defaults(type) + ",\n  \"bytes\": " + bytes + "\n}";
  }

  /** As it stands in its log or inside another message: with its type or version in front. */
  static String framed(ApiMessage message, short version) {
    String type = message.getClass().getName();
    if (type.contains(".metadata.")) {
      var record = new ApiMessageAndVersion(message, version);
      var cache = new ObjectSerializationCache();
      ByteBuffer buffer = ByteBuffer.allocate(MetadataRecordSerde.INSTANCE.recordSize(record, cache));
      MetadataRecordSerde.INSTANCE.write(record, cache, new ByteBufferAccessor(buffer));
      return HexFormat.of().formatHex(buffer.array());
    }
    if (type.contains(".generated.") && type.endsWith("Key")) return HexFormat.of().formatHex(MessageUtil.toCoordinatorTypePrefixedBytes(message));
    if (type.contains(".generated.") || type.contains("ConsumerProtocol")) return HexFormat.of().formatHex(MessageUtil.toVersionPrefixedBytes(version, message));
    return null;
  }

  /** Versions in a row that say the same, together. */
  static String ranges(TreeMap<Short, String> versions) {
    StringJoiner out = new StringJoiner(", ", "{ ", " }");
    short first = versions.firstKey();
    for (short v : versions.keySet()) {
      String here = versions.get(v);
      if (here.equals(versions.get((short) (v + 1)))) continue;
      out.add(quote(first + "-" + v) + ": " + quote(here));
      first = (short) (v + 1);
    }
    return out.toString();
  }

  static String fields(Schema schema) {
    StringJoiner out = new StringJoiner(",", "{", "}");
    for (BoundField bound : schema.fields()) {
      if (bound.def.type instanceof TaggedFields tagged) {
        for (var entry : tagged.fields().entrySet()) out.add("#" + entry.getKey() + field(entry.getValue()));
        out.add("tags");
      } else {
        out.add(field(bound.def));
      }
    }
    return out.toString();
  }

  static String field(Field field) {
    return camel(field.name) + ":" + typeName(field.type);
  }

  static String typeName(Type type) {
    if (type instanceof Schema schema) return (type.isNullable() ? "NULLABLE_" : "") + fields(schema);
    if (type.arrayElementType().isEmpty()) return type.toString();
    String kind = type instanceof CompactArrayOf ? "COMPACT_ARRAY" : "ARRAY";
    return (type.isNullable() ? "NULLABLE_" : "") + kind + "[" + typeName(type.arrayElementType().get()) + "]";
  }

  static String camel(String snake) {
    StringBuilder out = new StringBuilder();
    boolean up = false;
    for (char c : snake.toCharArray()) {
      if (c == '_') up = true;
      else { out.append(up ? Character.toUpperCase(c) : c); up = false; }
    }
    return out.toString();
  }

  static List<java.lang.reflect.Field> members(Class<?> type) {
    List<java.lang.reflect.Field> out = new ArrayList<>();
    for (var member : type.getDeclaredFields()) {
      String name = member.getName();
      if (Modifier.isStatic(member.getModifiers()) || name.equals("_unknownTaggedFields") || name.equals("next") || name.equals("prev")) continue;
      member.setAccessible(true);
      out.add(member);
    }
    return out;
  }

  static String defaults(Class<?> type) throws Exception {
    Object instance = type.getConstructor().newInstance();
    StringJoiner out = new StringJoiner(", ", "{ ", " }");
    for (var member : members(type)) {
      Object value = member.get(instance);
      Class<?> element = elementOf(member);
      String shown;
      if (value == null) shown = "null";
      else if (value instanceof Message) shown = defaults(value.getClass());
      else if (value instanceof Collection) shown = "[]";
      else if (value instanceof byte[] || value instanceof ByteBuffer) shown = quote("bytes");
      else if (value instanceof Number || value instanceof Boolean) shown = value.toString();
      else shown = quote(value.toString());
      out.add(quote(member.getName()) + ": " + shown);
      if (element != null && Message.class.isAssignableFrom(element)) out.add(quote(member.getName() + "[]") + ": " + defaults(element));
    }
    return out.toString();
  }

  static Class<?> elementOf(java.lang.reflect.Field member) {
    if (!Collection.class.isAssignableFrom(member.getType())) return null;
    java.lang.reflect.Type generic = member.getGenericType();
    if (!(generic instanceof ParameterizedType)) generic = member.getType().getGenericSuperclass();
    return (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
  }

  static Object fill(Class<?> type, Schema schema) throws Exception {
    Object instance = type.getConstructor().newInstance();
    Map<String, Type> present = new HashMap<>();
    for (BoundField bound : schema.fields()) {
      if (bound.def.type instanceof TaggedFields tagged) {
        for (Field field : tagged.fields().values()) if (random.nextInt(4) > 0) present.put(camel(field.name), field.type);
      } else {
        present.put(camel(bound.def.name), bound.def.type);
      }
    }
    for (var member : members(type)) {
      Type wire = present.get(member.getName());
      if (wire == null) continue;
      if (wire.isNullable() && random.nextInt(4) == 0) member.set(instance, null);
      else member.set(instance, value(member.getType(), elementOf(member), wire));
    }
    return instance;
  }

  @SuppressWarnings("unchecked")
  static Object value(Class<?> type, Class<?> element, Type wire) throws Exception {
    if (type == boolean.class) return random.nextBoolean();
    if (type == byte.class || type == Byte.class) return (byte) random.nextInt();
    if (type == short.class) return (short) random.nextInt();
    if (type == int.class) return wire == Type.UINT16 ? random.nextInt(65536) : random.nextInt();
    if (type == Integer.class) return random.nextInt();
    if (type == long.class || type == Long.class) return random.nextLong() >> 11;
    if (type == String.class) return text();
    if (type == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
    if (type == byte[].class) return bytes();
    if (type == ByteBuffer.class) return ByteBuffer.wrap(bytes());
    if (type == BaseRecords.class) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
    if (Message.class.isAssignableFrom(type)) return fill(type, (Schema) wire);
    Collection<Object> items = type == List.class ? new ArrayList<>() : (Collection<Object>) type.getConstructor().newInstance();
    int count = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(2);
    for (int i = 0; i < count; i++) items.add(value(element, null, wire.arrayElementType().get()));
    return items;
  }

  static String text() {
    String alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-.é€😀";
    int[] points = alphabet.codePoints().toArray();
    StringBuilder out = new StringBuilder();
    int length = random.nextInt(20) == 0 ? 150 : random.nextInt(8);
    for (int i = 0; i < length; i++) out.appendCodePoint(points[random.nextInt(points.length)]);
    return out.toString();
  }

  static byte[] bytes() {
    byte[] out = new byte[random.nextInt(20) == 0 ? 140 : random.nextInt(10)];
    random.nextBytes(out);
    return out;
  }

  static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
