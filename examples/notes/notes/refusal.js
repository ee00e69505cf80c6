/** An answer that is not the one that was hoped for: its status, and why. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}
