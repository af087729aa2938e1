import type { Gate } from '../api/model-bodies.ts'
import { gateDetails, gateInWords, isTelling, rateInWords, refusalInWords } from './words.ts'
import './models.css'

interface GateViewProps {
  gate: Gate
  /** The model that was active, as `model 1`. */
  than: string
}

/** A model beside the one that was active: two figures, and by how much; or why they cannot be compared. */
export function GateView({ gate, than }: GateViewProps) {
  if (!isTelling(gate))
    return (
      <div class="gate">
        <p>{gate.reason ? refusalInWords(gate.reason) : `It could not be compared with ${than}.`}</p>
      </div>
    )
  return (
    <div class="gate">
      <dl>
        <div class={gate.worse ? 'worse' : ''}>
          <dt>this model</dt>
          <dd>{rateInWords(gate.candidate)}</dd>
        </div>
        <div>
          <dt>{than}</dt>
          <dd>{rateInWords(gate.active)}</dd>
        </div>
      </dl>
      <p>{gateInWords(gate, than)}</p>
      {gateDetails(gate).map((line) => (
        <p key={line} class="hint">
          {line}
        </p>
      ))}
    </div>
  )
}
