/**
 * What a client does about each code of weer.v1: the rows of `model/fault.Table`
 * that matter to a client of the socket. A test reads the Go source and holds
 * the two together.
 */

/**
 * What a client does, from the mildest to the last: correct the call; connect
 * again with full jitter; wait what the answer says; get a new token; let a
 * person sign in; give up, because again would end the same.
 */
export type Action = 'none' | 'retry' | 'retry_after' | 'refresh_token' | 'sign_in' | 'stop';

export interface Row {
  readonly code: string;
  /** WebSocket close code; 0: an error frame, the connection stays. */
  readonly close: number;
  readonly action: Action;
}

const row = (code: string, close: number, action: Action): Row => ({ code, close, action });

export const TABLE: readonly Row[] = [
  row('internal', 1011, 'retry'),
  row('invalid', 0, 'none'),
  row('not_found', 0, 'none'),
  row('method_not_allowed', 0, 'none'),
  row('too_large', 0, 'stop'),
  row('timeout', 0, 'retry'),
  row('unavailable', 0, 'retry_after'),
  row('conflict', 0, 'none'),
  row('forbidden', 0, 'none'),
  row('foreign_origin', 0, 'stop'),
  row('loopback_only', 0, 'stop'),
  row('unknown_feed', 0, 'none'),
  row('unknown_type', 0, 'none'),
  row('too_many_subscriptions', 0, 'none'),
  row('bad_frame', 4400, 'stop'),
  row('not_text', 1003, 'stop'),
  row('bad_utf8', 1007, 'stop'),
  row('frame_too_big', 1009, 'stop'),
  row('too_many_frames', 4429, 'retry_after'),
  row('auth_required', 4401, 'retry'),
  row('token_invalid', 4402, 'sign_in'),
  row('token_expired', 4403, 'refresh_token'),
  row('revoked', 4404, 'sign_in'),
  row('silent', 4408, 'retry'),
  row('stalled', 4413, 'retry'),
  row('restarting', 1012, 'retry_after'),
  row('going_away', 1001, 'retry'),
  row('overloaded', 1013, 'retry_after'),
  row('signed_out', 4405, 'sign_in'),
  row('rights_changed', 4406, 'refresh_token'),
  row('bad_credentials', 0, 'sign_in'),
  row('not_approved', 0, 'sign_in'),
  row('rejected', 0, 'sign_in'),
  row('too_many_requests', 0, 'retry_after'),
  row('precondition_failed', 0, 'none'),
  row('key_reused', 0, 'none'),
  row('gone', 0, 'none'),
  row('unsupported_media', 0, 'stop'),
  row('not_acceptable', 0, 'stop'),
];

const byClose = new Map(TABLE.filter((r) => r.close !== 0).map((r) => [r.close, r]));

/** The row of a WebSocket close code; none for those that are no word of the server's (1006: cut). */
export const rowOfClose = (close: number): Row | undefined => byClose.get(close);

const byCode = new Map(TABLE.map((r) => [r.code, r]));

/** The row of an error frame's code. */
export const rowOfCode = (code: string): Row | undefined => byCode.get(code);
