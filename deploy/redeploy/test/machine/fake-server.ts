import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createPlain, type RequestListener } from 'node:http'
import { createServer as createOverTls } from 'node:https'
import { join } from 'node:path'

/**
 * Stands for the server of a release: `node fake-server.ts RELEASE DATA_DIR PORT`. Answers health as the real one does, and
 * falls ill as the release's `behaviour.json` says.
 */
export interface Behaviour {
  /** Milliseconds until it listens; null: never. */
  readyMs?: number | null
  /** It ends so long after its start. */
  endsMs?: number
  /** And says this. */
  lastWords?: string
  /** It answers with these checks as errors, once it has answered well so often. */
  failing?: string[]
  failsAfter?: number
  /** It takes requests and does not answer, once it has answered so often. */
  hangsAfter?: number
  /** Its answer has no end: a byte now and then, or many at once. */
  endless?: 'slow' | 'large'
  /** It is in somebody else's hands: answers as another release, and says this of each failing check. */
  claims?: string | null
  says?: string
  /** Frames wait, and none is ended. */
  framesStand?: boolean
  /** Devices send frames, one after another, or it takes none of theirs. */
  frames?: 'come' | 'refused'
  /** Files of a certificate and its key. */
  tls?: { cert: string; key: string }
  /** How it is when it is rehearsed; as ever unless said. */
  rehearsed?: Behaviour
}

const [release = '', dataDir = '', port = '0'] = process.argv.slice(2)
const told: Behaviour = JSON.parse(readFileSync(join(release, 'behaviour.json'), 'utf8'))
const is = process.env.AJAR_REHEARSAL === '1' ? (told.rehearsed ?? { ...(told.tls ? { tls: told.tls } : {}) }) : told
const id = readFileSync(join(release, 'complete'), 'utf8').trim()
const startedAt = performance.now()
const lived = () => performance.now() - startedAt
let answers = 0
mkdirSync(join(dataDir, 'run'), { recursive: true })
const probe = String(Math.random())
writeFileSync(join(dataDir, 'run', 'probe'), `${probe}\n`)

const answer: RequestListener = (request, response) => {
  answers += 1
  if (answers > (is.hangsAfter ?? Infinity)) return
  const failing = answers > (is.failsAfter ?? 0) ? (is.failing ?? []) : []
  const isKnown = request.headers['x-ajar-probe'] === probe
  const checks = failing.map((name) => ({ name, level: 'error', text: is.says ?? `${name} is broken` }))
  const ended = is.framesStand ? 7 : Math.round(lived())
  const taken = is.frames === 'come' || is.framesStand ? answers + 10 : 0
  const frames = { taken, ended, waiting: is.framesStand ? 3 : 0 }
  response.writeHead(failing.length > 0 ? 503 : 200)
  if (is.endless === 'slow') return void setInterval(() => response.write(' '), 50)
  if (is.endless === 'large') return void pour()
  const shown = is.claims === undefined ? id : is.claims
  const status = failing.length > 0 ? 'error' : 'ok'
  response.end(JSON.stringify({ status, checks, release: isKnown ? shown : null, frames: isKnown ? frames : null }))

  function pour() {
    while (response.write(' '.repeat(1024 * 1024)));
    response.once('drain', pour)
  }
}

// A rehearsal ends with the redeployer that was killed.
if (process.env.AJAR_REHEARSAL === '1') process.stdin.resume().once('end', () => process.exit(0))

const server = is.tls
  ? createOverTls({ cert: readFileSync(is.tls.cert), key: readFileSync(is.tls.key) }, answer)
  : createPlain(answer)
if (is.readyMs !== null) {
  setTimeout(() => {
    server.listen(Number(port), '127.0.0.1')
  }, is.readyMs ?? 0)
} else setInterval(() => {}, 1000)
if (is.endsMs !== undefined) {
  setTimeout(() => {
    console.error(is.lastWords ?? 'Error: it cannot go on')
    process.exit(1)
  }, is.endsMs)
}
