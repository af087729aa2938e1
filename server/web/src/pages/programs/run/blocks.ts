import type { LabBody, Speaker } from '../../../api/program-bodies.ts'
import type { Line } from './program-run.ts'

/** Lines in a row that the same one said. */
export interface Block {
  /** Its number among all blocks that are shown. */
  key: number
  type: Speaker
  /** Number of the case of a lab. */
  of: string | null
  text: string
}

/** More are not drawn: a program may print a million of them. */
export const MOST_SHOWN = 2000

/** Of a case that failed; what was printed and expected stands with the cases, once they are through. */
const WRONG = /^Wrong: it printed /

/** The last lines, by who said them, without what came of a lab's cases: that is shown by itself. */
export function blocksOf(lines: readonly Line[]): Block[] {
  const blocks: (Block & { lines: string[] })[] = []
  const hasLab = labOf(lines) !== null
  const first = Math.max(0, lines.length - MOST_SHOWN)
  for (const line of lines.slice(first)) {
    if (line.type === 'lab') continue
    const { type, data, ref = null } = line
    if (hasLab && type === 'console' && ref !== null && WRONG.test(data)) continue
    const last = blocks.at(-1)
    if (last?.type === type && last.of === ref) last.lines.push(data)
    else blocks.push({ key: blocks.length, type, of: ref, text: '', lines: [data] })
  }
  return blocks.map(({ lines, ...block }) => ({ ...block, text: lines.join('\n') }))
}

/** What came of the cases, null where there are none or they are not through. */
export function labOf(lines: readonly Line[]): LabBody | null {
  const said = lines.findLast(({ type }) => type === 'lab')
  return said?.type === 'lab' ? said.data : null
}
