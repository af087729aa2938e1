import { Type } from 'typebox'
import type { Http } from '../http/http.ts'
import { iso, Time } from '../http/shapes.ts'
import { TICKET_HOLDERS, type Tickets } from './tickets.ts'

const NewTicket = Type.Object({
  username: Type.Literal(TICKET_HOLDERS),
  ticket: Type.String({ description: 'the password of one connection; shown this once' }),
  expiresAt: Time,
})

/** Leave to watch over MQTT, for pages. */
export function ticketRoutes(http: Http, tickets: Tickets) {
  http.post(
    '/api/mqtt-tickets',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Take a ticket for MQTT over WebSocket at /mqtt',
        description: 'It opens one connection within a minute, which may subscribe and not publish.',
        response: { 201: NewTicket },
      },
    },
    async (request, reply) => {
      const { ticket, expiresAt } = tickets.issue(request.caller?.tokenId ?? '')
      return reply.status(201).send({ username: TICKET_HOLDERS, ticket, expiresAt: iso(expiresAt) })
    },
  )
}
