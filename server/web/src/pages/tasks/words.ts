import type { TaskBody, TaskRunBody } from '../../api/task-bodies.ts'
import { sizeInWords } from '../../backups/backup.ts'
import { duration } from '../../design/words.ts'
import { inputsInWords } from '../laboratory/session/inputs-in-words.ts'
import { entryOf } from './params/draft.ts'
import { textOf } from './params/fields.ts'

const LANGUAGES = { typescript: 'TypeScript', python: 'Python', executable: 'executable' } as const

export const languageOf = ({ language }: Pick<TaskBody, 'language'>) => language && (LANGUAGES[language] ?? language)

/** `60 s, 512 MB of memory, 1 GB of output` */
export function limitsInWords({ limits }: Pick<TaskBody, 'limits'>): string {
  if (limits === null) return ''
  const { ms, memoryBytes, outputBytes } = limits
  return `${duration(ms)}, ${sizeInWords(memoryBytes)} of memory, ${sizeInWords(outputBytes)} of output`
}

/** How a run stands, for people. */
export const STATES: Record<TaskRunBody['state'], { name: string; tone: string }> = {
  queued: { name: 'waits for its turn', tone: 'plain' },
  running: { name: 'runs', tone: '' },
  done: { name: 'done', tone: 'good' },
  failed: { name: 'failed', tone: 'bad' },
  cancelled: { name: 'cancelled', tone: 'plain' },
}

/** Whether whoever looks may cancel or remove a run: their own, or one that nobody called for where they run the place. */
export const mayEnd = ({ camera }: Pick<TaskRunBody, 'camera'>, canOperate: boolean) => camera === null || canOperate

const LONGEST = 60

/** What a task was told, in a line: `yard-pi/gate, 3 Dec; threshold 12`. */
export function paramsInWords(params: Record<string, unknown>): string {
  const told = Object.entries(params).map(([name, value]): [string, unknown] => {
    const entries = (Array.isArray(value) ? value : [value]).flatMap((one) =>
      typeof one === 'object' || name === '_imageURL' ? entryOf(one) : [],
    )
    if (entries.length > 0) return [name, entries]
    const text = textOf(value) ?? ''
    return [name, text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text]
  })
  return inputsInWords(Object.fromEntries(told))
}
