import type { Scope } from '@app/access';

/** What an operation declares of itself; the rest follows from its method. */
export interface DeclaredRules {
  /** operationId. */
  id: string;
  /** The least that the key must be able to do: `read` for GET and `write` for the rest, unless said otherwise. */
  scope?: Scope;
  /**
   * Of a POST that changes something: `required` refuses calls without an `Idempotency-Key`; `own` requires one, too, but
   * the operation keeps it itself (usage does, in the usage row). Otherwise the key is accepted.
   */
  idempotency?: 'required' | 'own';
  /** The answer shows a secret once, so that it is never kept: sending the key again answers 409 instead of it. */
  answerHoldsSecret?: boolean;
  /** False where the operation's own rows already tell who did what and when, e.g. usage. */
  audited?: false;
}

/** What an operation asks of a call, and what a call leaves behind. */
export interface OperationRules {
  id: string;
  scope: Scope;
  /** `none`: nothing is changed, or the method is safe to repeat by itself. */
  idempotency: 'none' | 'accepted' | 'required' | 'own';
  answerHoldsSecret: boolean;
  isAudited: boolean;
}

/** A POST with the scope `read` only asks: it changes nothing. */
export function resolveRules(method: string, declared: DeclaredRules): OperationRules {
  const isGet = method === 'GET' || method === 'HEAD';
  const scope = declared.scope ?? (isGet ? 'read' : 'write');
  const isChanging = !isGet && scope !== 'read';
  return {
    id: declared.id,
    scope,
    idempotency: isChanging && method === 'POST' ? (declared.idempotency ?? 'accepted') : 'none',
    answerHoldsSecret: declared.answerHoldsSecret ?? false,
    isAudited: isChanging && declared.audited !== false,
  };
}
