import { Type } from 'typebox'

/** How a training learns: what a call may say, and a schedule too. */
export const TrainingParams = {
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'a number kept with the model; it changes nothing, for nothing is drawn at random',
    }),
  ),
  augmentations: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 16,
      description: 'variants of each labelled frame (light, shift, noise) to learn from besides itself',
    }),
  ),
}
