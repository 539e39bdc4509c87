/**
 * Ports for a part of the program that is to die like a process: from `kill` on its connections are destroyed, none of
 * its timers runs, nothing is told to it any more, and what it still asks for is never answered.
 */
import type { ConnectOptions, Network, Ports, Socket, Timer, Timers } from '../../core/index.ts';

export class MortalPorts implements Ports {
  readonly clock: Ports['clock'];
  readonly random: Ports['random'];
  readonly disk: Ports['disk'];
  readonly crypto: Ports['crypto'];
  readonly timers: Timers;
  readonly network: Network;
  private readonly sockets = new Set<Socket>();
  private readonly pending = new Set<Timer>();
  private dead = false;

  constructor(ports: Ports) {
    this.clock = ports.clock;
    this.random = ports.random;
    this.disk = ports.disk;
    this.crypto = ports.crypto;
    this.timers = {
      after: (delayMs, run) => this.after(ports.timers, delayMs, run),
      defer: (run) => {
        if (this.dead) return;
        ports.timers.defer(() => {
          if (!this.dead) run();
        });
      },
    };
    this.network = {
      connect: (options) => this.connect(ports.network, options),
      listen: (options) => ports.network.listen(options),
      lookup: (host) => this.whileAlive(ports.network.lookup(host)),
      nameOf: (address) => this.whileAlive(ports.network.nameOf(address)),
    };
  }

  kill(): void {
    this.dead = true;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    for (const timer of this.pending) timer.cancel();
    this.pending.clear();
  }

  private after(timers: Timers, delayMs: number, run: () => void): Timer {
    if (this.dead) return { cancel: () => {} };
    const timer = timers.after(delayMs, () => {
      this.pending.delete(timer);
      if (!this.dead) run();
    });
    this.pending.add(timer);
    return {
      cancel: () => {
        this.pending.delete(timer);
        timer.cancel();
      },
    };
  }

  private whileAlive<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => void (this.dead || resolve(value)),
        (error) => void (this.dead || reject(error)),
      );
    });
  }

  private async connect(network: Network, options: ConnectOptions): Promise<Socket> {
    const never = new Promise<Socket>(() => {});
    if (this.dead) return never;
    const { handler } = options;
    let socket: Socket | undefined;
    try {
      socket = await network.connect({
        ...options,
        handler: {
          data: (chunk) => {
            if (!this.dead) handler.data(chunk);
          },
          drain: () => {
            if (!this.dead) handler.drain();
          },
          close: (error) => {
            if (socket !== undefined) this.sockets.delete(socket);
            if (!this.dead) handler.close(error);
          },
        },
      });
    } catch (error) {
      if (this.dead) return never;
      throw error;
    }
    if (this.dead) {
      socket.destroy();
      return never;
    }
    this.sockets.add(socket);
    return socket;
  }
}
