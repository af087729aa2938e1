import mqtt, { type MqttClient } from 'mqtt'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Tickets } from '../src/auth/tickets.ts'
import { RunningServer } from './running-server.ts'

const MINUTE_MS = 60_000

const closeOf = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

describe('tickets', () => {
  test('one opens one connection, within a minute', () => {
    let now = 1000
    const tickets = new Tickets(() => now)
    const { ticket, expiresAt } = tickets.issue('token-1')
    expect(expiresAt).toBe(now + MINUTE_MS)
    expect(tickets.redeem('guessed')).toBeNull()
    expect(tickets.redeem(ticket)).toBe('token-1')
    expect(tickets.redeem(ticket)).toBeNull()
    const late = tickets.issue('token-1').ticket
    now += MINUTE_MS
    expect(tickets.redeem(late)).toBeNull()
  })

  test('those of a token that works no more do not either', () => {
    const tickets = new Tickets(() => 0)
    const [gone, stays] = [tickets.issue('gone').ticket, tickets.issue('stays').ticket]
    tickets.forget('gone')
    expect([tickets.redeem(gone), tickets.redeem(stays)]).toEqual([null, 'stays'])
  })

  test('they are few: of one token the oldest go, of all no more are given until some are too old', () => {
    let now = 0
    const tickets = new Tickets(() => now)
    const own = Array.from({ length: 21 }, () => tickets.issue('one').ticket)
    expect(tickets.redeem(own[0] ?? '')).toBeNull()
    expect(tickets.redeem(own[1] ?? '')).toBe('one')
    let given = 19
    expect(() => {
      for (; given < 2000; given++) tickets.issue(`token-${given}`)
    }).toThrow('ask again in a minute')
    expect(given).toBe(1000)
    now += MINUTE_MS
    tickets.issue('one')
  })
})

describe('with a ticket', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await RunningServer.start(afterFile)
  })

  async function newTicket() {
    const { id, token } = (await server.call('POST', '/api/tokens', { name: 'page', role: 'viewer' })).body
    const { status, body } = await server.call('POST', '/api/mqtt-tickets', undefined, token)
    expect(status).toBe(201)
    expect(body.username).toBe('ticket')
    return { tokenId: id as string, ticket: body.ticket as string }
  }

  const overWebSocket = () => `ws://127.0.0.1:${server.app.listening.http}/mqtt`

  async function connect(url: string, ticket: string) {
    const client = await mqtt.connectAsync(url, { username: 'ticket', password: ticket, reconnectPeriod: 0 })
    client.on('error', () => {})
    onTestFinished(() => void client.end(true))
    return client
  }

  test('a page watches, once', async () => {
    const { ticket } = await newTicket()
    const client = await connect(overWebSocket(), ticket)
    const { token } = (await server.call('POST', '/api/devices', { name: 'gate' })).body
    await client.subscribeAsync('ajar/gate/status', { qos: 1 })
    const heard = new Promise<string>((resolve) => client.once('message', resolve))
    const device = await mqtt.connectAsync(server.mqttUrl, { username: 'gate', password: token, reconnectPeriod: 0 })
    onTestFinished(() => void device.end(true))
    await device.publishAsync('ajar/gate/status', '{"state":"online"}', { qos: 1 })
    expect(await heard).toBe('ajar/gate/status')
    const [frames] = await client.subscribeAsync('ajar/gate/cam/frame/+').catch(({ packet }) => packet.granted)
    expect(frames).toBe(128)
    await expect(connect(overWebSocket(), ticket)).rejects.toMatchObject({ code: 4 })
  })

  test('nothing is published', async () => {
    const client = await connect(overWebSocket(), (await newTicket()).ticket)
    const closed = closeOf(client)
    client.publish('ajar/gate/status', '{"state":"offline"}', { qos: 1 })
    await closed
  })

  test('nobody connects over TCP, and the ticket stays good for the page', async () => {
    const { ticket } = await newTicket()
    await expect(connect(server.mqttUrl, ticket)).rejects.toMatchObject({ code: 4 })
    expect((await connect(overWebSocket(), ticket)).connected).toBe(true)
  })

  test('the connection ends with the token that it came from', async () => {
    const { ticket, tokenId } = await newTicket()
    const client = await connect(overWebSocket(), ticket)
    const closed = closeOf(client)
    await server.call('DELETE', `/api/tokens/${tokenId}`)
    await closed
  })

  test('no device has the name of its holders', async () => {
    const { status, body } = await server.call('POST', '/api/devices', { name: 'ticket' })
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'reserved' })
  })
})
