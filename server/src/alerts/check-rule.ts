import type { BlockList } from 'node:net'
import { parseCameraId } from '@ajar/protocol'
import { Value } from 'typebox/value'
import { badRequest } from '../http/errors.ts'
import type { AlertKind } from './alert-kind.ts'
import { ALERT_KINDS, kindOf } from './kinds.ts'
import { judgeUrl } from './webhook/judge-url.ts'

/** Many times what any kind takes. What is wrong with a long list is found in a time that grows with its square. */
const MOST_CHARACTERS = 2000

export interface CheckPorts {
  /** The states that a camera can be in; null where there is no such camera. */
  statesOf(camera: string): readonly string[] | null
  hasDevice(name: string): boolean
  /** Addresses that webhooks may reach although they are private. */
  allow: BlockList
}

/** @throws HttpError 400 `unknown_kind` */
export function kindNamed(name: string): AlertKind {
  const kind = kindOf(name)
  const names = ALERT_KINDS.map((one) => one.name).join(', ')
  if (!kind) throw badRequest('unknown_kind', `there are no rules of kind ${name}, but ${names}`, 'kind')
  return kind
}

/** @throws HttpError 400 `bad_subject`, `no_such_camera`, `no_such_device` */
export function checkSubject({ subject: about, title }: AlertKind, subject: string | null, ports: CheckPorts): void {
  if (subject === null) return
  if (about === 'server')
    throw badRequest('bad_subject', `"${title}" is about the server, and names neither camera nor device`, 'subject')
  if (about === 'camera' && !(parseCameraId(subject) && ports.statesOf(subject)))
    throw badRequest('no_such_camera', `there is no camera ${subject}: device/camera is expected, or null`, 'subject')
  if (about === 'device' && !ports.hasDevice(subject))
    throw badRequest('no_such_device', `there is no device ${subject}: its name is expected, or null`, 'subject')
}

/** @returns the params with what their kind says where nothing is said. @throws HttpError 400 `bad_params` */
export function checkedParams(
  { params: schema, title, subject: about, flawOf }: AlertKind,
  said: Record<string, unknown>,
  subject: string | null,
  { statesOf }: CheckPorts,
): Record<string, unknown> {
  if (JSON.stringify(said).length > MOST_CHARACTERS)
    throw badParams('params', `are longer than ${MOST_CHARACTERS} characters`)
  const params = Value.Default(schema, structuredClone(said)) as Record<string, unknown>
  const [error] = Value.Errors(schema, params)
  if (error) {
    const { instancePath, message } = error
    // Of what is missing or unknown it is the message that names it.
    throw badParams(['params', ...instancePath.split('/').slice(1)].join('.'), message)
  }
  const flaw = flawOf?.(params, about === 'camera' && subject !== null ? statesOf(subject) : null)
  if (flaw) throw badParams(`params.${flaw.field}`, flaw.message)
  return params

  function badParams(field: string, message: string) {
    return badRequest('bad_params', `"${title}" takes no such params: ${field} ${message}`, field)
  }
}

/** @throws HttpError 400 `bad_webhook` */
export function checkUrl(url: string, { allow }: CheckPorts): void {
  const why = judgeUrl(url, allow)
  if (why !== null) throw badRequest('bad_webhook', `nothing is sent there: ${why}`, 'webhook.url')
}
