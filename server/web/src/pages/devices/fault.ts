import { ApiError } from '../../api/client.ts'

const WORDS: Record<string, string> = {
  name_taken: 'There is a device of this name already: choose another one, or replace the Pi of that device.',
  bad_request: 'Use small letters, digits and hyphens, 32 at most, and begin with a letter or a digit.',
  forbidden: 'Your role may not change devices: ask an admin for a token of role operator.',
  not_found: 'This device does not exist any more: somebody removed it.',
}

/** Why a device was not added or changed, and what to do. */
export function deviceFault(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The console failed: load the page again.'
  return WORDS[error.code] ?? error.message
}
