import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import { type Access, type Caller, checkReach } from '../../http/access.ts'
import { HttpError } from '../../http/errors.ts'
import { checkStranger } from '../../http/foreign-pages.ts'
import type { Http } from '../../http/http.ts'
import { BODY_BYTES } from './older-routes.ts'
import { ProgramSocket, type ProgramSocketPorts } from './program-socket.ts'
import { isStranger, whoIs } from './who.ts'

export interface SocketRoutePorts extends Omit<ProgramSocketPorts, 'isLetIn'> {
  access: Access
  /** Whether pages of an origin may open it without a token, where none is needed. */
  mayCall(origin: string): boolean
}

const PATHS = ['/run_program/ws', '/run_program/ws/']
const MOST = 200
const MOST_OF_ACCOUNT = 20
/** Each may hold a message of 2 MiB that is not whole yet. */
const MOST_OF_STRANGERS = 50

/** A later client of programs has them run over a WebSocket. Browsers show the console's cookie, others a token. */
export function socketRoute(http: Http, { access, mayCall, ...ports }: SocketRoutePorts) {
  const server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, maxPayload: BODY_BYTES },
    // Inflating what a stranger sends costs memory.
    perMessageDeflate: false,
  })
  const open = new Map<string, number>()
  const isRoomFor = (caller: Caller | null) => {
    const strangers = [...open].filter(([account]) => isStranger(account))
    const [all, ofStrangers] = [[...open], strangers].map((each) => each.reduce((sum, [, count]) => sum + count, 0))
    return Number(all) < MOST && (caller !== null || Number(ofStrangers) < MOST_OF_STRANGERS)
  }

  /** @throws HttpError 401, 403 */
  const callerOf = (request: IncomingMessage): Caller | null => {
    const caller = http.callerOfUpgrade(request)
    if (caller && access !== 'public') checkReach(caller, access)
    if (caller) return caller
    if (access !== 'public')
      throw new HttpError(
        401,
        'unauthenticated',
        'send a token: Authorization: Bearer <token>, or sign in at the console',
      )
    checkStranger(request, mayCall)
    return null
  }

  for (const path of PATHS)
    http.upgrades.handle(
      path,
      (request, socket, head) => {
        const caller = callerOf(request)
        const who = whoIs(caller, request.socket.remoteAddress ?? '')
        const ofAccount = open.get(who.account) ?? 0
        if (ofAccount >= MOST_OF_ACCOUNT)
          throw new HttpError(429, 'too_many_sockets', `${MOST_OF_ACCOUNT} WebSockets of yours are open: close some`)
        if (!isRoomFor(caller))
          throw new HttpError(503, 'too_many_sockets', 'too many WebSockets of programs are open: try again later')
        open.set(who.account, ofAccount + 1)
        socket.once('close', () => {
          const left = (open.get(who.account) ?? 1) - 1
          if (left > 0) open.set(who.account, left)
          else open.delete(who.account)
        })
        const isLetIn = () => caller === null || http.callerOfUpgrade(request)?.tokenId === caller.tokenId
        server.handleUpgrade(request, socket, head, (webSocket) =>
          new ProgramSocket(webSocket, who, { ...ports, isLetIn }).begin(),
        )
      },
      (origin) => access === 'public' && mayCall(origin),
    )
}
