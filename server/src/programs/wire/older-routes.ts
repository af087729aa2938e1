import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Access } from '../../http/access.ts'
import { badRequest } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { PlanError } from '../language.ts'
import { checkDownload, checkRequest, type LanguageOf } from '../request/check-request.ts'
import type { ProgramRuns } from '../runs/program-runs.ts'
import { type BaseProject, zipOf } from './download.ts'
import { preflight, speakAsOlder } from './older-scope.ts'
import { Answered, GONE, Output, Refused, shownOutput } from './shown.ts'
import { whoIs } from './who.ts'

export interface OlderRoutesPorts {
  runs: Pick<ProgramRuns, 'add' | 'read' | 'changed'>
  languageOf: LanguageOf
  baseProject: BaseProject
  /** Who may call: an older client's paths may need no token. */
  access: Access
  /** Whether pages of an origin may call without a token, where none is needed. */
  mayCall(origin: string): boolean
}

/** A program has 1 MiB at most: as JSON that is more, with what JSON writes with two characters. */
export const BODY_BYTES = 2 * 1024 * 1024
const POLL_BYTES = 4096
/** An answer that has nothing to say waits so long for something: a client asks 200 times at most. */
const WAIT_MS = 1000
/** More than that many are answered at once. */
const MOST_WAITING = 200

const errors = { '4xx': Refused, '5xx': Refused }
const A_PROGRAM =
  '{"files":[{"basename":"main.py","contents":"print(1)"}],"main":"","mode":"run","switches":{"Compiler":[]},"name":"N","lab":false}'

/** The paths of an older server of programs, as its client calls them. */
export async function olderRoutes(http: Http, ports: OlderRoutesPorts) {
  await http.register(async (scope: Http) => {
    speakAsOlder(scope, ports.mayCall)
    for (const path of ['/run_program/', '/check_output/', '/download/']) preflight(scope, path)
    runProgram(scope, ports)
    checkOutput(scope, ports)
    download(scope, ports)
  })
}

function runProgram(scope: Http, { runs, languageOf, access }: OlderRoutesPorts) {
  scope.post(
    '/run_program/',
    {
      config: { access },
      bodyLimit: BODY_BYTES,
      schema: {
        summary: 'Have a program run',
        description:
          'Modes: run, submit (against the cases of `lab_io.txt`), compile, prove, prove_flow, prove_flow_report_all, prove_report_all. ' +
          'One whose tool this server has not is answered by a single message `internal_error` that names the tool; `GET /api/programs/languages` lists those that it has. ' +
          'A file has 50,000 characters at most; there are 100 of them at most, of 1 MiB together. `cli.txt` holds the arguments. ' +
          'What ended a run: a message `console` that begins `The build failed`; of `stderr` `<interrupted> : Maximum ... limit reached.` (time, memory, processes); of `internal_error` that it printed too much, or why it was not run. ' +
          'Where it is refused, because of what is in it, because the server is busy, or because it runs no programs, `identifier` is empty and `message` says why.',
        body: Type.Unknown({ description: `JSON, whatever it is called: \`${A_PROGRAM}\`` }),
        response: { 200: Answered, ...errors },
      },
    },
    async (request) => {
      const { checked, why } = attempt(() => checkRequest(request.body, languageOf))
      if (!checked) return { identifier: '', message: why }
      const answer = await runs.add(whoCalls(request), checked.request, checked.language.name)
      if ('refused' in answer) return { identifier: '', message: answer.refused }
      return { identifier: answer.identifier, message: 'Pending' }
    },
  )
}

function checkOutput(scope: Http, { runs, access }: OlderRoutesPorts) {
  let waiting = 0
  scope.post(
    '/check_output/',
    {
      config: { access },
      bodyLimit: POLL_BYTES,
      schema: {
        summary: 'What a run had to say since the last time',
        description:
          '`read` is a cursor: how many messages the caller has. So nothing is lost with an answer that is lost. At most 5,000 messages, of ' +
          '256 KiB, come at once. Where there is nothing new yet, the answer waits a second for it. Runs are kept for an hour after their end.',
        body: Type.Unknown({ description: 'JSON, whatever it is called: `{"identifier":"...","read":0}`' }),
        response: { 200: Output, ...errors },
      },
    },
    async (request, reply) => {
      const { identifier, read } = checkPoll(request.body)
      const reader = whoCalls(request)
      let state = await runs.read(reader, identifier, read)
      if (state && !state.completed && state.messages.length === 0 && waiting < MOST_WAITING) {
        const over = new AbortController()
        reply.raw.once('close', () => over.abort())
        waiting += 1
        try {
          await runs.changed(identifier, read, AbortSignal.any([over.signal, AbortSignal.timeout(WAIT_MS)]))
        } finally {
          waiting -= 1
        }
        state = await runs.read(reader, identifier, read)
      }
      return reply.header('cache-control', 'no-store').send(shownOutput(state ?? GONE))
    },
  )
}

function download(scope: Http, { languageOf, baseProject, access }: OlderRoutesPorts) {
  scope.post(
    '/download/',
    {
      config: { access },
      bodyLimit: BODY_BYTES,
      schema: {
        summary: 'A program as a project that can be built elsewhere, as zip',
        body: Type.Unknown({
          description: 'JSON, whatever it is called: `{"files":[...],"switches":{...},"name":"N"}`',
        }),
        response: {
          200: {
            description: 'the files, and what builds them',
            content: { 'application/zip': { schema: Type.Any({ type: 'string', format: 'binary' }) } },
          },
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { request: program } = checkDownload(request.body, languageOf)
      const { name, bytes } = await zipOf(program, baseProject, Date.now())
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename=${name}`)
        .header('cache-control', 'no-store')
        .send(bytes)
    },
  )
}

/** @throws HttpError 400 */
function checkPoll(body: unknown): { identifier: string; read: number } {
  const { identifier, read = 0 } = Object(body) as Record<string, unknown>
  if (typeof identifier !== 'string') throw badRequest('bad_request', 'identifier is missing.', 'identifier')
  if (typeof read !== 'number' || !Number.isSafeInteger(read) || read < 0)
    throw badRequest('bad_request', 'read is how many messages the caller has: 0 or more.', 'read')
  return { identifier, read }
}

function attempt<T>(work: () => T): { checked: T; why: '' } | { checked: null; why: string } {
  try {
    return { checked: work(), why: '' }
  } catch (error) {
    if (error instanceof PlanError) return { checked: null, why: error.message }
    throw error
  }
}

function whoCalls({ caller, ip }: Pick<FastifyRequest, 'caller' | 'ip'>) {
  return whoIs(caller, ip)
}
