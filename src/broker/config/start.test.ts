/** What is given at the start: precedence, listeners, identity, and the contradictions that are refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BrokerConfigInput } from './broker-configs.ts';
import { BrokerConfiguration } from './broker-configuration.ts';
import { checkRoles, dataDirectoryOf, nodeIdOf } from './identity.ts';
import { type GivenAddress, planListeners } from './listeners.ts';
import { brokerConfigProblems, refuseWrongConfig } from './problems.ts';

const plan = (config: BrokerConfigInput, given: GivenAddress = {}) =>
  planListeners(given, new BrokerConfiguration(config)).map(({ name, host, port, advertisedHost, advertisedPort }) =>
    [name, host, port, advertisedHost, advertisedPort].join(' ').trim(),
  );

describe('listeners', () => {
  it('are the address that was given, else 127.0.0.1 and a free port', () => {
    assert.deepEqual(plan({}), ['PLAINTEXT 127.0.0.1 0']);
    assert.deepEqual(plan({}, { host: '::1', port: 9, advertisedHost: 'h' }), ['PLAINTEXT ::1 9 h']);
  });

  it('are all of `listeners` but the controller’s, each with what clients are told', () => {
    const config = {
      listeners: 'PLAINTEXT://:9092, outside://[::1]:9094,CONTROLLER://:9093',
      'advertised.listeners': 'PLAINTEXT://kafka:9092,OUTSIDE://localhost:19094,CONTROLLER://kafka:9093',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,OUTSIDE:PLAINTEXT',
      'controller.listener.names': 'CONTROLLER',
    };
    assert.deepEqual(plan(config), ['PLAINTEXT 0.0.0.0 9092 kafka 9092', 'OUTSIDE ::1 9094 localhost 19094']);
  });

  it('that cannot be are refused, with the cure', () => {
    const refused = (config: BrokerConfigInput, message: RegExp, given?: GivenAddress) =>
      assert.throws(() => plan(config, given), message);
    refused({ listeners: 'PLAINTEXT://:1' }, /port 5 and listeners=.* both say where to listen: leave one/, {
      port: 5,
    });
    refused({ listeners: 'PLAINTEXT' }, /listeners: PLAINTEXT is no listener, write NAME:\/\/host:port/);
    refused({ listeners: 'PLAINTEXT://:70000' }, /is no listener/);
    refused({ listeners: 'CONTROLLER://:1' }, /leaves nothing for clients/);
    refused({ listeners: 'X://:1' }, /listener\.security\.protocol\.map has no protocol: add X:PLAINTEXT/);
    refused({ listeners: 'SASL_SSL://:1' }, /would speak SASL_SSL, which this broker does not/);
    refused({ listeners: 'PLAINTEXT://:1,PLAINTEXT://:2' }, /names PLAINTEXT twice/);
    refused(
      { listeners: 'PLAINTEXT://:1,B://:1', 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,B:PLAINTEXT' },
      /PLAINTEXT and B are both on :1/,
    );
    refused({ 'advertised.listeners': 'B://h:1' }, /names B, which listeners does not/);
    refused({ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' }, /clients cannot connect to 0\.0\.0\.0/);
    refused({ 'advertised.listeners': 'PLAINTEXT://h:1' }, /both say what clients are told/, { advertisedPort: 1 });
  });
});

describe('who the broker is', () => {
  const configured = (config: BrokerConfigInput) => new BrokerConfiguration(config);

  it('node.id, broker.id, or the option, if they agree', () => {
    assert.equal(nodeIdOf({}, configured({})), 1);
    assert.equal(nodeIdOf({ nodeId: 4 }, configured({ 'node.id': 4, 'broker.id': '4' })), 4);
    assert.throws(
      () => nodeIdOf({}, configured({ 'node.id': 4, 'broker.id': 5 })),
      /node\.id=4 and broker\.id=5 are both/,
    );
    assert.throws(() => nodeIdOf({ nodeId: 1 }, configured({ 'node.id': 4 })), /nodeId=1 and node\.id=4/);
  });

  it('log.dirs before log.dir, one directory', () => {
    assert.equal(dataDirectoryOf({}, configured({})), undefined);
    assert.equal(dataDirectoryOf({}, configured({ 'log.dir': '/a' })), '/a');
    assert.equal(dataDirectoryOf({}, configured({ 'log.dir': '/a', 'log.dirs': '/b' })), '/b');
    assert.throws(
      () => dataDirectoryOf({}, configured({ 'log.dirs': '/a,/b' })),
      /in one directory, name one of the 2/,
    );
    assert.throws(() => dataDirectoryOf({ dataDirectory: '/c' }, configured({ 'log.dir': '/a' })), /leave one out/);
  });

  it('a lone node is broker and controller', () => {
    checkRoles(configured({ 'process.roles': 'controller,broker' }));
    assert.throws(() => checkRoles(configured({ 'process.roles': 'broker' })), /Set process\.roles=broker,controller/);
  });
});

describe('what is given', () => {
  it('stands before the lone broker’s, and that before Kafka’s default', () => {
    const configuration = new BrokerConfiguration({ 'offsets.topic.num.partitions': ' 7 ' });
    assert.equal(configuration.values['offsets.topic.num.partitions'], 7);
    assert.equal(configuration.values['offsets.topic.replication.factor'], 1);
    assert.equal(configuration.values['transaction.state.log.num.partitions'], 50);
    assert.equal(
      new BrokerConfiguration({ 'group.initial.rebalance.delay.ms': 9 }).values['group.initial.rebalance.delay.ms'],
      9,
    );
  });

  it('is refused where names are unknown, or values contradict each other: both names, and the cure', () => {
    const refused = (config: Record<string, string>, message: RegExp) =>
      assert.throws(() => new BrokerConfiguration(config as BrokerConfigInput), message);
    refused({ 'num.partitons': '3' }, /did you mean num\.partitions\?/);
    refused({ 'retention.ms': '3' }, /a property of topics, not of the broker: set log\.retention\.ms/);
    refused(
      { 'group.min.session.timeout.ms': '9', 'group.max.session.timeout.ms': '8' },
      /lower group\.min\..*, or raise/,
    );
    refused({ 'offsets.topic.segment.bytes': '1000' }, /less than segment\.bytes may be: set it to 1048576 or more/);
    refused({ 'log.segment.bytes': '1000' }, /log\.segment\.bytes: Value must be at least 1048576/);
    refused({ 'default.replication.factor': '3' }, /this broker is alone\. Set default\.replication\.factor=1/);
    refused({ 'transaction.state.log.min.isr': '2' }, /transaction\.state\.log\.min\.isr=2 is more than/);
    refused({ 'offsets.topic.compression.codec': '5' }, /offsets\.topic\.compression\.codec=5 is none: set it to 0/);
    refused({ 'max.connections.per.ip.overrides': '10.0.0.7:5, x' }, /overrides: x is not an address and a count/);
    refused({ 'log.retention.minutes': '0' }, /log\.retention\.minutes must be unlimited/);
    refused({ 'group.consumer.session.timeout.ms': '6000' }, /greater than or equal to group\.consumer\.min\.session/);
  });

  it('tells all that is wrong at once, each with its cure, and nothing twice', () => {
    const given = {
      'num.partitons': '3',
      'log.retention.hours': 'many',
      'group.max.session.timeout.ms': 'x',
      'group.min.session.timeout.ms': '9000000',
      'offsets.topic.replication.factor': '3',
      'process.roles': 'broker',
      'node.id': '4',
      'broker.id': '5',
      listeners: 'X://:1',
      'log.dirs': '/a,/b',
    } as BrokerConfigInput;
    const told = brokerConfigProblems(given).map(({ text }) => text);
    const expected = [
      /did you mean num\.partitions/,
      /Invalid value many for configuration log\.retention\.hours/,
      /Invalid value x for configuration group\.max\.session\.timeout\.ms/,
      /Set offsets\.topic\.replication\.factor=1/,
      /Set process\.roles=broker,controller/,
      /node\.id=4 and broker\.id=5 .*leave one of them out/,
      /in one directory, name one of the 2/,
      /add X:PLAINTEXT/,
    ];
    assert.equal(told.length, expected.length, told.join('\n'));
    for (const [at, words] of expected.entries()) assert.match(told[at]!, words);
    assert.throws(
      () => refuseWrongConfig(given),
      /^Error: 8 things are wrong with the configuration:\n- unknown .*\n- /,
    );
  });
});
