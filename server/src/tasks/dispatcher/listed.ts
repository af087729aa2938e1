import { Catalog } from '../catalog/catalog.ts'

/** Of no account where tasks are only listed. */
const LIMITS = { ms: 1, memoryBytes: 1, processes: 1, outputBytes: 1 }

/** Who asks once waits until each is known; each has its own limit. Milliseconds. */
const WAIT_MS = 120_000

/** Which tasks there are, a line for each with what it does in a sentence; of one that is broken why it cannot be called. */
export async function listed(folders: { ownFolder: string | null; folder: string }): Promise<string> {
  const { tasks, broken } = await new Catalog({ ...folders, limits: LIMITS }).list(WAIT_MS)
  const lines = [
    ...tasks.map(({ name, title, description }) => ({ name, text: firstSentence(description) || title })),
    ...broken.map(({ name, error }) => ({ name, text: `broken: ${error.split('\n')[0]}` })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
  const width = Math.max(0, ...lines.map(({ name }) => name.length))
  return lines.map(({ name, text }) => `${name.padEnd(width)}  ${text}\n`).join('')
}

function firstSentence(text: string): string {
  const [paragraph = ''] = text.trim().split(/\n\s*\n/)
  return /^.*?[.!?](?=\s|$)/s.exec(paragraph)?.[0].replaceAll(/\s+/g, ' ') ?? paragraph.replaceAll(/\s+/g, ' ')
}
