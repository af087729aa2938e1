import { withDeadline } from '../deadline.ts'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import type { AccessFor } from './access-for.ts'
import { olderBody } from './older-body.ts'
import { malformed, packetIn } from './packets.ts'
import { InText, sendText } from './plain-text.ts'

export interface MlPorts {
  /** Takes a packet in for the sensor of an address: durable, or refused for good, when it resolves. */
  takePacket(address: string, packet: number[], giveUpAt: number): Promise<TakenPacket>
  predictions: {
    /** What was said of the newest packet of an address or, of one that sends none, of the newest of all; JSON. */
    newestFor(address: string): Promise<string | null>
    /** What was said of readings that the newest model was tested by; JSON. */
    ofTest(): Promise<string | null>
  }
}

/** `given_up`: it was not stored. */
export type TakenPacket = { kind: 'stored' | 'given_up' } | { kind: 'refused'; reason: string }

/** Always fits, whatever strangers send besides: 106 numbers as they are written at their longest, encoded twice. */
const MOST_BYTES = 16 * 1024
/** What a disk that refuses has not taken by then is not stored: the next packet has the newer news. */
const STORE_WAIT_MS = 10_000
/** A disk that neither takes nor refuses: the sender is not kept waiting for longer. */
const ANSWER_WAIT_MS = 15_000
/** Packets between their arrival and their answer, of one address and of all. */
const MOST_OF_SENDER = 64
const MOST_OF_ALL = 1024

/** `/ml`: packets of a Wi-Fi channel come in, and what they say of the door goes out. */
export function mlRoutes(scope: Http, access: AccessFor, { takePacket, predictions }: MlPorts) {
  const waiting = new Waiting()

  scope.post(
    '/ml/post/inference',
    {
      config: { access: access('operator') },
      bodyLimit: MOST_BYTES,
      schema: {
        summary: 'Take in a packet of a Wi-Fi channel: 53 amplitudes, then 53 phases',
        description:
          'Durable before it is answered, and never dropped in silence: what is answered with 503 was not kept. Each ' +
          'sender, by its address, is a sensor of the device `legacy` with results of its own.',
        body: olderBody('{"payload":"[f1,...,f106]"}', MOST_BYTES),
        response: InText,
      },
      // Whatever is too long is no packet either.
      errorHandler: (error, request, reply) => {
        const shown = (error as { statusCode?: number }).statusCode === 413 ? malformed() : error
        return scope.errorHandler(shown as Error, request, reply)
      },
    },
    async ({ body, ip }, reply) => {
      const packet = packetIn(body)
      const leave = waiting.enter(ip)
      const taken = takePacket(ip, packet, Date.now() + STORE_WAIT_MS).finally(leave)
      const { kind, ...said } = await withDeadline(taken, ANSWER_WAIT_MS, slow)
      if (kind === 'given_up') throw held()
      if (kind === 'refused') throw new HttpError(409, 'refused', `Error, ${'reason' in said ? said.reason : ''}`)
      return sendText(reply, 'Success')
    },
  )

  const newestFor = (address: string) => predictions.newestFor(address)
  const ofTest = () => predictions.ofTest()
  const texts: [path: string, summary: string, text: (address: string) => Promise<string | null>][] = [
    ['inference_results', "What the newest packet of the caller's address says, else the newest of all", newestFor],
    ['test_predicition_results', 'As test_prediction_results: older clients spell it so', ofTest],
    ['test_prediction_results', 'What the newest model said of readings that it was tested by', ofTest],
  ]
  for (const [path, summary, text] of texts)
    scope.get(
      `/ml/get/${path}`,
      {
        config: { access: access('viewer') },
        schema: {
          summary,
          description:
            '`DATA NOT AVAILABLE`, or JSON that is called HTML: `PREDICTION_M` by the amplitudes, `PREDICTION_P` by the ' +
            'phases, `PREDICTION` by both, each with the probabilities of all angles (`_CLASS`), and `EXPECTED`, the mean ' +
            'of the angles by these of both.',
          response: InText,
        },
      },
      async ({ ip }, reply) => sendText(reply, (await text(ip)) ?? 'DATA NOT AVAILABLE'),
    )
}

/** Who is in: one that sends faster than it is answered does not take the place of others. */
class Waiting {
  readonly #of = new Map<string, number>()
  #all = 0

  /** @returns leaves again @throws HttpError 503 `busy` where there is no place */
  enter(address: string): () => void {
    const own = this.#of.get(address) ?? 0
    if (own >= MOST_OF_SENDER || this.#all >= MOST_OF_ALL)
      throw new HttpError(503, 'busy', `Error, ${own} packets of yours wait already: this one was not kept`)
    this.#of.set(address, own + 1)
    this.#all += 1
    return () => {
      const left = (this.#of.get(address) ?? 1) - 1
      if (left === 0) this.#of.delete(address)
      else this.#of.set(address, left)
      this.#all -= 1
    }
  }
}

function held(): HttpError {
  return new HttpError(503, 'storage_held', 'Error, the disk takes nothing now: this packet was not kept')
}

function slow(): HttpError {
  return new HttpError(503, 'storage_slow', 'Error, the disk does not answer: this packet may have been kept or not')
}
