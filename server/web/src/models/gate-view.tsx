import type { Gate } from '../api/model-bodies.ts'
import { gateDetails, gateInWords, rateInWords } from './words.ts'
import './models.css'

/** A model beside the one that was active: two figures, and by how much. */
export function GateView({ gate }: { gate: Gate }) {
  return (
    <div class="gate">
      <dl>
        <div class={gate.worse ? 'worse' : ''}>
          <dt>this model</dt>
          <dd>{rateInWords(gate.candidate)}</dd>
        </div>
        <div>
          <dt>the active one</dt>
          <dd>{rateInWords(gate.active)}</dd>
        </div>
      </dl>
      <p>{gateInWords(gate)}</p>
      {gateDetails(gate).map((line) => (
        <p key={line} class="hint">
          {line}
        </p>
      ))}
    </div>
  )
}
