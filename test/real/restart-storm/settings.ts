/** What the storm and its instances agree on. */
export const GROUP = 'storm';
export const INPUT = 'input';
export const OUTPUT = 'output';
/** Short enough that a group gets over a death in a few seconds. */
export const SESSION_TIMEOUT_MS = 2_000;
/** A dead instance's transaction holds back what is behind it for so long. */
export const TRANSACTION_TIMEOUT_MS = 3_000;

/** Of the broker, so that it allows and notices such short times. */
export const brokerSettings = {
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
};
