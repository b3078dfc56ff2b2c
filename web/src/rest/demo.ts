/**
 * A demo account's session, of one page alone: two pages of one browser can be a
 * crew and a hospital at once. The server of a simulated WeER says the password,
 * so the page signs in by itself, and again when its session is over. A crew is
 * signed on to the demo's unit. A real server has no such accounts.
 */
import { call, Problem } from './problem.ts';
import { Session, type DemoAccount } from './session.ts';
import { newId } from './id.ts';

export class DemoSession extends Session {
  readonly #login: string;

  constructor(login: string) {
    let held = false;
    super({ get: () => held, set: (to) => (held = to) }, false);
    this.#login = login;
  }

  override refresh(): Promise<string> {
    return super.held ? super.refresh() : this.once(() => this.#begin());
  }

  /** It can always begin anew. */
  override get held(): boolean {
    return true;
  }

  async #begin(): Promise<string> {
    const { items = [] } = (await call('GET', '/session/demo')) as { items?: DemoAccount[] };
    const account = items.find((a) => a.login === this.#login);
    if (!account) throw new Problem('not_found', `no demo account ${this.#login}`, { status: 404 });
    const token = await this.signIn(account.login, account.password);
    if (account.unit === undefined) return token;
    await call('PUT', '/session/unit', { token, key: newId(), body: { unit: account.unit } });
    return this.renew();
  }
}
