import { readFile } from 'node:fs/promises'
import { CSI_CSV } from './csi-data.ts'
import { jobEnded } from './lesson.ts'
import { ADMIN_TOKEN, type Answer, type RunningServer } from './running-server.ts'

/** Sends a CSV. @returns the answer, whose body is the job */
export async function sendCsv(server: RunningServer, sensor: string, csv: string, query = ''): Promise<Answer> {
  const response = await fetch(`${server.url}/api/sensors/${sensor}/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/csv' },
    body: csv,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** Sends a CSV and waits for the end of its import. @returns the job */
export async function importCsv(server: RunningServer, sensor: string, csv: string, query = '') {
  const { status, body } = await sendCsv(server, sensor, csv, query)
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
  return jobEnded(server, body.id)
}

/** Trains to the end. @returns the job */
export async function trainSensor(server: RunningServer, sensor: string, more: object = {}) {
  const { status, body } = await server.call('POST', '/api/training', { camera: sensor, ...more })
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
  return jobEnded(server, body.id)
}

/** The real packets: each with its label and its numbers. */
export async function packets(): Promise<{
  header: string
  rows: { label: string; numbers: number[]; line: string }[]
}> {
  const [header = '', ...lines] = (await readFile(CSI_CSV, 'utf8')).trim().split('\n')
  const rows = lines.map((line) => {
    const [label = '', ...numbers] = line.split(',')
    return { label, numbers: numbers.map(Number), line }
  })
  return { header, rows }
}

/** Two states that are far apart, and numbers that nobody has to look at twice. */
export function plainCsv(perState: number, { times = false } = {}): string {
  const from = Date.now() - 24 * 3_600_000
  const lines = Array.from({ length: 2 * perState }, (_, i) => {
    const state = i < perState ? 'open' : 'closed'
    const numbers = [0, 1, 2, 3].map((n) => (state === 'open' ? 10 : -10) + n + Math.sin(i * 7 + n))
    return [state, ...(times ? [from + i * 1000] : []), ...numbers].join(',')
  })
  return [`Label,${times ? 'at,' : ''}a,b,c,d`, ...lines].join('\n')
}
