import { ApiError } from '../../api/client.ts'

const WORDS: Record<string, string> = {
  bad_token: 'The server does not know this token: it was mistyped, revoked, or it has expired.',
  bad_credentials: 'Name or password are wrong, or this person was disabled.',
  too_many_requests: 'Too many tries: wait a minute, then try again.',
}

/** Why nobody was signed in, and what to do. */
export function signInFault(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The console failed: load the page again.'
  return WORDS[error.code] ?? error.message
}

/** The token of what was pasted: itself, or the link that the server printed. */
export function tokenIn(pasted: string): string {
  return /#token=([\w-]+)/.exec(pasted)?.[1] ?? pasted.trim()
}
