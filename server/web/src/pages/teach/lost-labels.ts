import { isAway } from '../../api/client.ts'
import type { Notices } from '../../design/notices.ts'
import { counted } from '../../design/words.ts'

/** Says which labels could not be kept: in one notice, however many sayings they were. */
export class LostLabels {
  readonly #notices: Notices
  #notice = 0
  #count = 0

  constructor(notices: Notices) {
    this.#notices = notices
  }

  /** @param count of labels that were not kept */
  tell(error: unknown, count: number) {
    if (!isAway(error)) return void this.#notices.failed(error)
    this.#count = this.#notices.isShown(this.#notice) ? this.#count + count : count
    this.#notices.close(this.#notice)
    const labels = counted(this.#count, 'label was', 'labels were')
    // It stays when the server is back: they are lost.
    this.#notice = this.#notices.failed(new Error(`${labels} not kept, for the server was away: say them again.`))
  }
}
