import { Type } from 'typebox'

/** How a training learns: what a call may say, and a schedule too. */
export const TrainingParams = {
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'decides what is drawn at random: the variants of `augmentations`, and which labels the points of the learning ' +
        'curve learn from; the same labels and seed give the same model',
    }),
  ),
  augmentations: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 16,
      description: 'variants of each labelled frame (light, shift, noise) to learn from besides itself',
    }),
  ),
  unlessUnchanged: Type.Optional(
    Type.Boolean({
      description:
        'make no model where labels, states, region, masks, backbone, seed and augmentations are those of the active or ' +
        'the newest one: the result then says so, and its `model` is null',
    }),
  ),
}
