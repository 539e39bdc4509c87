/** What a coordinator needs to know about a request besides its body. */
export interface RequestContext {
  /** As the client named itself; null when it did not. */
  readonly clientId: string | null;
  /** The address that it came from. */
  readonly clientHost: string;
  readonly apiVersion: number;
}
