import type { JobBody } from '../../api/bodies.ts'
import type { ReleasesBody } from '../../api/release-bodies.ts'
import { amount } from '../../design/words.ts'
import { isSwitched, stepInWords } from './steps.ts'

/** What became of a redeploy, for whoever asked for it. */
export interface Outcome {
  tone: 'good' | 'warn' | 'bad'
  title: string
  text: string
  /** Why, as the server says it. */
  reason: string | null
  /** What can be done; null where the reason says it. */
  advice: string | null
}

const REFUSED: Record<string, { title: string; advice: string | null }> = {
  not_signed: {
    title: 'Nobody signed it',
    advice:
      'Whoever made it signs the tag or the commit with a key that this server knows: npm run release does. ' +
      'Where everybody who may write to the repository may also rule this machine, AJAR_RELEASE_UNSIGNED=1 asks for no signature.',
  },
  bad_signature: {
    title: 'Its signature is wrong',
    advice:
      'It was changed after it was signed, by mistake or by somebody else. Do not deploy it: have whoever made it look ' +
      'at the repository and sign it anew.',
  },
  unknown_signer: {
    title: 'This server does not know who signed it',
    advice:
      'If you trust that key, add its line to the file of allowed signers (deploy/KEYS.md says how). If you do not know ' +
      'whose it is, do not deploy it.',
  },
  no_signers: {
    title: 'Nobody may sign releases for this server yet',
    advice:
      'Its file of allowed signers is missing or names no key. Write a line into it for each ' +
      'person whose releases may run here (deploy/KEYS.md says how), and ask again.',
  },
  release_bad: {
    title: 'It was bad before',
    advice: 'The list below says why. Where the reason is gone, run it from there all the same.',
  },
  interrupted: { title: 'It was interrupted', advice: 'Ask for it again.' },
}

/** What came of a redeploy whose release was kept. */
export interface Kept {
  /** Its id. */
  release: string | null
  version: string | null
  /** For so long no release answered well, in milliseconds; null where nothing was switched, or nobody knows. */
  downMs: number | null
  /** What else there is to say: it ran already. */
  message: string | null
}

/** @param job one that is over @param releases what runs, and what lies on this machine, by now */
export function outcomeOf(
  { state, phase, error, result }: Pick<JobBody<Kept>, 'state' | 'phase' | 'error' | 'result'>,
  releases: Pick<ReleasesBody, 'current' | 'items'>,
): Outcome {
  if (state === 'done') return keptInWords(result, releases)
  const reason = error?.message ?? null
  if (isSwitched(phase) && error?.code !== 'interrupted')
    return {
      tone: 'bad',
      title: 'It went back',
      text: 'The release did not do well, so the one before took its place again. Nothing that was acknowledged is lost.',
      reason,
      advice: null,
    }
  const known = REFUSED[error?.code ?? '']
  const step = stepInWords(phase)
  return {
    tone: 'warn',
    title: known?.title ?? (state === 'cancelled' ? 'It was cancelled' : 'It was refused'),
    text: `Nothing was changed${step === null ? '' : `: it ended at “${step}”`}. What ran before runs on.`,
    reason,
    advice: known?.advice ?? null,
  }
}

/** What was kept then may have been followed by another one, or by a checkout; a job may come without it, in a backup. */
function keptInWords(result: Kept | null, { current, items }: Pick<ReleasesBody, 'current' | 'items'>): Outcome {
  const { release = null, version = null, downMs = null, message = null } = result ?? {}
  const away = downMs === null ? '' : ` For ${seconds(downMs)} nobody was served.`
  const text = `${version ?? 'It'} started, answered well, and was kept.${away}`
  const outcome = { tone: 'good' as const, reason: message, advice: null }
  if (release !== null && release === current) return { ...outcome, title: 'It is the release now', text }
  const isHere = items.some(({ id }) => id === release)
  const since = isHere ? 'It does not run any more.' : 'It does not lie on this machine.'
  return { ...outcome, title: 'It was kept then', text: `${text} ${since}` }
}

/** `0.8 s`, `12 s` */
function seconds(ms: number): string {
  return `${amount(ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000))} s`
}
