/** What is wrong with what a task was given, in words for whoever gave it. Its runner tells them without where in the code that was found. */
export class Refusal extends Error {}
