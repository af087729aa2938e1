import { type Language, MissingTool } from './language.ts'
import type { Mode } from './program.ts'

/** What a prover is asked beside the project, by mode. */
export const PROVING: Partial<Record<Mode, readonly string[]>> = {
  prove: [],
  prove_flow: ['--mode=flow'],
  prove_flow_report_all: ['--mode=flow', '--report=all'],
  prove_report_all: ['--report=all'],
}

/** @throws MissingTool where a language without a prover is to be proved */
export function refuseProof(mode: Mode, language: Pick<Language, 'title'>): void {
  if (PROVING[mode])
    throw new MissingTool(
      'gnatprove',
      `${mode} is done by gnatprove, which proves programs in Ada: there is no tool for it in ${language.title}.`,
    )
}
