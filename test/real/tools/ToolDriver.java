import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Apache Kafka's tools inside one JVM, several at once, so that a start costs milliseconds and
 * not a second. Each run sees its own System.in, out and err, its own exit code, and, since some tools count in static
 * fields, the tools' classes loaded anew. Which run a thread belongs to is told by its thread group, which the threads
 * that a tool starts inherit.
 *
 * Its argument is the jar of the tools, which is not on the class path. One JSON object a line: {"id", "main", "args",
 * "input"} starts a run, {"id", "stop": true} is what SIGTERM is to a process. Answers: {"id", "out"} and {"id", "err"} as
 * they are written, and {"id", "code"} at the end of a run.
 */
public class ToolDriver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<Integer, Run> RUNS = new ConcurrentHashMap<>();
    private static PrintStream answers;

    /** Ends the thread that asks for the exit; the tool's own `catch` may see it, but the run is over by then. */
    private static class Exited extends Error {
        Exited() {
            super("the tool has exited", null, false, false);
        }
    }

    private static class Run extends ThreadGroup {
        final int id;
        final InputStream input;
        final List<Runnable> hooks = new ArrayList<>();
        private boolean over;

        Run(int id, InputStream input) {
            super("tool-" + id);
            this.id = id;
            this.input = input;
        }

        synchronized void say(String stream, String text) {
            if (!over) answer(Map.of("id", id, stream, text));
        }

        synchronized void end(int code) {
            if (over) return;
            answer(Map.of("id", id, "code", code));
            over = true;
            RUNS.remove(id);
        }

        /** What the JVM of a tool does when it exits: the shutdown hooks run, in threads of their own, then it is over. */
        void exit(int code) {
            List<Thread> threads = new ArrayList<>(takeHooksOfTheJvm(this));
            synchronized (hooks) {
                for (Runnable hook : hooks) threads.add(new Thread(this, hook, "hook"));
                hooks.clear();
            }
            try {
                for (Thread thread : threads) thread.start();
                for (Thread thread : threads) thread.join(20_000);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
            end(code);
        }

        /** The exit of a process that is sent SIGTERM. */
        void terminate() {
            new Thread(this, () -> exit(143), "terminate").start();
        }

        @Override
        public void uncaughtException(Thread thread, Throwable error) {
            if (!(error instanceof Exited)) System.err.println("Exception in thread \"" + thread.getName() + "\" " + error);
        }
    }

    /** The verifiable tools give their hooks to the JVM itself, which keeps them in a map that has no way out. */
    private static List<Thread> takeHooksOfTheJvm(ThreadGroup of) {
        try {
            Field field = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
            field.setAccessible(true); // --add-opens java.base/java.lang=ALL-UNNAMED
            List<Thread> taken = new ArrayList<>();
            synchronized (field.getDeclaringClass()) {
                for (Object hook : ((Map<?, ?>) field.get(null)).keySet()) {
                    if (((Thread) hook).getThreadGroup() == of) taken.add((Thread) hook);
                }
            }
            for (Thread hook : taken) Runtime.getRuntime().removeShutdownHook(hook);
            return taken;
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    private static void answer(Map<String, Object> object) {
        try {
            String line = JSON.writeValueAsString(object);
            synchronized (answers) {
                answers.println(line);
                answers.flush();
            }
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static Run current() {
        for (ThreadGroup group = Thread.currentThread().getThreadGroup(); group != null; group = group.getParent()) {
            if (group instanceof Run run) return run;
        }
        return null;
    }

    /** What a thread writes goes to its run; a thread without one (a pool of the JVM's own) is not heard. */
    private static PrintStream output(String stream) {
        return new PrintStream(new OutputStream() {
            @Override
            public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                Run run = current();
                if (run != null && length > 0) run.say(stream, new String(bytes, from, length, StandardCharsets.UTF_8));
            }
        }, true, StandardCharsets.UTF_8);
    }

    private static InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws java.io.IOException {
                Run run = current();
                return run == null ? -1 : run.input.read();
            }

            @Override
            public int read(byte[] bytes, int from, int length) throws java.io.IOException {
                Run run = current();
                return run == null ? -1 : run.input.read(bytes, from, length);
            }
        };
    }

    private static void exit(int code, String message) {
        Run run = current();
        if (run != null) run.exit(code);
        throw new Exited();
    }

    private static void start(Run run, String mainClass, String[] args, URL[] tools) {
        Runnable body = () -> {
            try {
                URLClassLoader loader = new URLClassLoader(tools, ToolDriver.class.getClassLoader());
                Thread.currentThread().setContextClassLoader(loader);
                loader.loadClass(mainClass).getMethod("main", String[].class).invoke(null, (Object) args);
                run.exit(0);
            } catch (InvocationTargetException error) {
                if (error.getCause() instanceof Exited) return;
                System.err.print("Exception in thread \"main\" ");
                error.getCause().printStackTrace();
                run.exit(1);
            } catch (ReflectiveOperationException error) {
                System.err.println(error);
                run.exit(1);
            }
        };
        new Thread(run, body, "main").start();
    }

    public static void main(String[] arguments) throws Exception {
        answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.setOut(output("out"));
        System.setErr(output("err"));
        System.setIn(input());
        Exit.setExitProcedure(ToolDriver::exit);
        Exit.setHaltProcedure(ToolDriver::exit);
        Exit.setShutdownHookAdder((name, hook) -> {
            Run run = current();
            if (run == null) return;
            synchronized (run.hooks) {
                run.hooks.add(hook);
            }
        });
        URL[] tools = {Path.of(arguments[0]).toUri().toURL()};
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            JsonNode command = JSON.readTree(line);
            int id = command.get("id").asInt();
            if (command.has("stop")) {
                Run run = RUNS.get(id);
                if (run != null) run.terminate();
                continue;
            }
            byte[] input = command.get("input").asText().getBytes(StandardCharsets.UTF_8);
            Run run = new Run(id, new ByteArrayInputStream(input));
            RUNS.put(id, run);
            List<String> args = new ArrayList<>();
            command.get("args").forEach(arg -> args.add(arg.asText()));
            start(run, command.get("main").asText(), args.toArray(new String[0]), tools);
        }
        Runtime.getRuntime().halt(0);
    }
}
