import { Type } from 'typebox'
import type { Http } from '../http/http.ts'
import { iso, isoOrNull, listOf, Name, NullableTime, nullable, Time } from '../http/shapes.ts'
import { AgentSettings, refuseLongHeartbeats } from './agent-settings.ts'
import type { Devices } from './devices.ts'
import type { KnownDevice, Registry } from './registry.ts'
import type { Sources } from './sources.ts'

const Device = Type.Object({
  name: Type.String({ description: 'of a device over HTTP whatever it calls itself' }),
  number: Type.Integer({ description: 'tells devices of one name apart: what it says, or made of the name' }),
  protocol: Type.Enum(['mqtt', 'http'], {
    description: '`http`: an older client that says it is there; it has no credential and no settings',
  }),
  address: nullable(Type.String({ description: 'where its connection, or its last word, comes from' })),
  connected: Type.Boolean(),
  disabled: Type.Boolean(),
  seenAt: NullableTime,
  refused: nullable(
    Type.Object(
      { at: Time, reason: Type.Enum(['wrong_credential', 'disabled']) },
      { description: 'somebody of its name was not let in, since it was connected last' },
    ),
  ),
  createdAt: Time,
  status: nullable(Type.Unknown({ description: 'what the agent last said of itself' })),
  desired: nullable(Type.Unknown({ description: 'settings that were sent to it: {version, settings}' })),
  applied: nullable(Type.Unknown({ description: 'what it said of them: {version, ok, errors}' })),
})
const Credential = Type.Object({
  name: Name,
  token: Type.String({ description: 'the MQTT password of the user `name`; shown this once' }),
})
const Desired = Type.Object({ version: Type.Integer(), settings: Type.Record(Type.String(), Type.Unknown()) })
const ByName = Type.Object({ name: Name })
const strict = { additionalProperties: false }

export function devicesRoutes(http: Http, devices: Devices, registry: Registry, sources: Sources) {
  http.get(
    '/api/devices',
    { config: { access: 'viewer' }, schema: { summary: 'All devices', response: { 200: listOf(Device) } } },
    async () => ({ items: registry.list().map(shown), next: null }),
  )

  http.get(
    '/api/devices/:name',
    { config: { access: 'viewer' }, schema: { summary: 'One device', params: ByName, response: { 200: Device } } },
    async (request) => shown(registry.get(request.params.name)),
  )

  http.post(
    '/api/devices',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Add a device; its credential is shown in this answer only',
        body: Type.Object({ name: Name }, strict),
        response: { 201: Credential },
      },
    },
    async (request, reply) => {
      const { name } = request.body
      return reply.status(201).send({ name, token: await devices.create(name) })
    },
  )

  http.post(
    '/api/devices/:name/credential',
    {
      config: { access: 'operator' },
      schema: { summary: 'A new credential; the old one ends at once', params: ByName, response: { 201: Credential } },
    },
    async (request, reply) => {
      const { name } = request.params
      return reply.status(201).send({ name, token: await devices.renewCredential(name) })
    },
  )

  http.patch(
    '/api/devices/:name',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Disable or enable a device',
        params: ByName,
        body: Type.Object({ disabled: Type.Boolean() }, strict),
        response: { 200: Device },
      },
    },
    async (request) => {
      await devices.setDisabled(request.params.name, request.body.disabled)
      return shown(registry.get(request.params.name))
    },
  )

  http.patch(
    '/api/devices/:name/config',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Send the agent its settings, a full replacement',
        description:
          'They are kept for an agent that is away. What it said of them stands in `applied` of the device. Refused here ' +
          '(400 `heartbeat_too_long`) is a camera that would send less often than it counts as stale.',
        params: ByName,
        body: Type.Object({ settings: AgentSettings }, strict),
        response: { 200: Desired },
      },
    },
    async (request) => {
      const { name } = request.params
      const { settings } = request.body
      refuseLongHeartbeats(sources, devices.get(name).name, settings)
      return devices.configure(name, settings)
    },
  )

  http.delete(
    '/api/devices/:name',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Remove a device; its cameras and their frames stay, until they are deleted themselves',
        params: ByName,
      },
    },
    async (request, reply) => {
      await devices.remove(request.params.name)
      return reply.status(204).send()
    },
  )
}

function shown(device: KnownDevice) {
  const { seenAt, refused, createdAt } = device
  return {
    ...device,
    seenAt: isoOrNull(seenAt),
    refused: refused && { ...refused, at: iso(refused.at) },
    createdAt: iso(createdAt),
  }
}
