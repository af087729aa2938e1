import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { SessionBody } from '../api/bodies.ts'
import { ApiError, get, send } from '../api/client.ts'
import { takeToken } from './link.ts'

/** Says that a cookie is there, not what it is. */
const HINT = 'ajar.session'
const RETRY_MS = 2000

export type Credentials = { token: string } | { name: string; password: string }

/** Who is signed in. The proof is a cookie that scripts cannot read, so the server is asked. */
export class Session {
  readonly #who = signal<SessionBody | null | undefined>(undefined)
  readonly #linkFault = signal<ApiError | null>(null)
  /** Of a link that the server could not judge: in memory only, until it is tried again or the page is left. */
  #token: string | null = null
  /** Rises with everything that is learnt: an answer that was asked for before says nothing new. */
  #known = 0
  /** Whether controls that change something are shown. */
  readonly canOperate: ReadonlySignal<boolean> = computed(() => {
    const role = this.#who.value?.role
    return role === 'operator' || role === 'admin'
  })
  /** Whether the laboratory is open to whoever is signed in. */
  readonly canAnalyse: ReadonlySignal<boolean> = computed(
    () => this.canOperate.value || this.#who.value?.role === 'analyst',
  )

  /** undefined until the server has said; null where nobody is signed in. */
  get who(): ReadonlySignal<SessionBody | null | undefined> {
    return this.#who
  }

  /** Why the link that was opened last signed nobody in. */
  get linkFault(): ReadonlySignal<ApiError | null> {
    return this.#linkFault
  }

  /** Whether that link may still do so: the server has not judged its token. */
  get canTryLinkAgain(): boolean {
    return this.#token !== null
  }

  /** Whether somebody was signed in here last: then cameras are worth asking for before the server has said so. */
  get isLikely(): boolean {
    return localStorage.getItem(HINT) !== null
  }

  /** Signs in by the link that the server printed (`#token=...`), else asks who is signed in already. */
  async start() {
    // The link opened in a tab that shows the console already loads no page.
    addEventListener('hashchange', () => void this.#signInByLink())
    await this.#signInByLink()
    if (!this.#who.value) await this.ask()
  }

  async ask() {
    const known = this.#known
    try {
      const who = await get<SessionBody>('/api/session')
      if (known === this.#known) this.#know(who)
    } catch (error) {
      if (known !== this.#known) return
      // A server that is away for a moment signs nobody out.
      if (error instanceof ApiError && error.status === 401) this.#know(null)
      else if (this.#who.value === undefined) setTimeout(() => void this.ask(), RETRY_MS)
    }
  }

  /** @throws ApiError `bad_token` or `bad_credentials` */
  async signIn(credentials: Credentials) {
    this.#know(await send<SessionBody>('POST', '/api/session', credentials))
    this.#linkFault.value = null
    this.#token = null
  }

  /** Signs in by the link of before, where the server could not be asked or had been asked too often. */
  async tryLinkAgain() {
    if (this.#token === null) return
    try {
      await this.signIn({ token: this.#token })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (isFinal(error)) this.#token = null
      this.#linkFault.value = error
    }
  }

  /** @throws Error where the server did not take the cookie away: then one is signed in still */
  async signOut() {
    try {
      await send('DELETE', '/api/session')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status !== 401)
        throw new Error(
          `You are still signed in: ${error.status === 0 ? 'the server does not answer.' : error.message}`,
        )
    }
    this.#linkFault.value = null
    this.#know(null)
  }

  async #signInByLink() {
    const token = takeToken()
    if (token === null) return
    this.#token = token
    await this.tryLinkAgain()
  }

  #know(who: SessionBody | null) {
    this.#known++
    if (who) localStorage.setItem(HINT, 'signed in')
    else localStorage.removeItem(HINT)
    this.#who.value = who
  }
}

/** Whether the server has judged the token, which it had not where it was away, in trouble, or asked too often. */
function isFinal({ status }: ApiError): boolean {
  return status >= 400 && status < 500 && status !== 429
}
