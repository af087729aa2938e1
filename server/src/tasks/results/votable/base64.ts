import { badResult } from '../bad-result.ts'

/** Base64 (RFC 4648) of a text that comes in pieces, with line breaks anywhere. */
export class Base64 {
  #rest = ''
  #isOver = false

  /** @throws TaskError `bad_result` */
  push(text: string): Buffer {
    const plain = this.#rest + text.replace(/\s+/g, '')
    if (plain !== this.#rest && this.#isOver) throw badResult('the base64 of its VOTable goes on behind its end.')
    const whole = plain.length - (plain.length % 4)
    const now = plain.slice(0, whole)
    this.#rest = plain.slice(whole)
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(now)) throw badResult('the binary data of its VOTable is no base64.')
    this.#isOver = now.endsWith('=')
    return Buffer.from(now, 'base64')
  }

  /** @throws TaskError `bad_result` */
  end() {
    if (this.#rest !== '') throw badResult('the base64 of its VOTable ends early.')
  }
}
