import type { PrintedSpan } from '../../host.ts'
import { run } from './systemctl.ts'

const JOURNAL_MS = 2500
const MOST_LINES = 200
/** One that is for programs, and may hold a token. */
const MACHINE_LINE = '{'

/** What a unit's processes printed, not what systemd says of them. @throws Error where the journal cannot be read */
export async function printedBy(unit: string, span: PrintedSpan): Promise<string[]> {
  const since = `--since=@${Math.floor(span.from / 1000)}`
  const until = `--until=@${Math.ceil(span.to / 1000)}`
  const shape = ['--output=json', '--output-fields=MESSAGE,_PID', `--lines=${MOST_LINES}`, '--no-pager', '--quiet']
  return linesOf(await run('journalctl', [...shape, since, until, `_SYSTEMD_UNIT=${unit}`], JOURNAL_MS), span)
}

/** @param journal entries as journalctl writes them, an object of JSON a line */
export function linesOf(journal: string, { from, to, but }: PrintedSpan): string[] {
  return journal
    .split('\n')
    .filter(Boolean)
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter(({ __REALTIME_TIMESTAMP: at, _PID }) => isWithin(Number(at) / 1000, from, to) && Number(_PID) !== but)
    .map(({ MESSAGE }) => textOf(MESSAGE))
    .filter((text) => !text.startsWith(MACHINE_LINE))
}

function isWithin(at: number, from: number, to: number): boolean {
  return at >= from && at <= to
}

/** What is no plain text are numbers of bytes; what is too long is null. */
function textOf(message: unknown): string {
  return Array.isArray(message) ? Buffer.from(message).toString() : String(message ?? '')
}
