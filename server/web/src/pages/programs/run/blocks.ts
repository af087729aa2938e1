import type { LabBody, MessageType } from '../../../api/program-bodies.ts'
import type { Line } from './program-run.ts'

/** Lines in a row that the same one said. */
export interface Block {
  /** Its number among all blocks that are shown. */
  key: number
  type: MessageType
  /** Number of the case of a lab. */
  of: string | null
  text: string
}

/** More are not drawn: a program may print a million of them. */
export const MOST_SHOWN = 2000

/** The last lines, by who said them, without what came of a lab's cases: that is shown by itself. */
export function blocksOf(lines: readonly Line[]): Block[] {
  const blocks: (Block & { lines: string[] })[] = []
  const first = Math.max(0, lines.length - MOST_SHOWN)
  for (const { type, data, ref = null } of lines.slice(first)) {
    if (type === 'lab') continue
    const last = blocks.at(-1)
    if (last?.type === type && last.of === ref) last.lines.push(data)
    else blocks.push({ key: blocks.length, type, of: ref, text: '', lines: [data] })
  }
  return blocks.map(({ lines, ...block }) => ({ ...block, text: lines.join('\n') }))
}

/** What came of the cases, null where there are none or they are not through. */
export function labOf(lines: readonly Line[]): LabBody | null {
  const said = lines.findLast(({ type }) => type === 'lab')
  if (!said) return null
  try {
    const lab = JSON.parse(said.data) as LabBody
    return typeof lab.cases === 'object' && lab.cases !== null ? lab : null
  } catch {
    return null
  }
}
