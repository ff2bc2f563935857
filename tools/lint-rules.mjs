/** Rules of this house that no published linter has. Used by .oxlintrc.json under the name `kana`. */
const TELL = 'Ask the injected Clock: tests move it, and clocks of machines are wrong.';

/** The time of day comes from the clock alone: `new Date()`, `Date()` and `Date.now()` are refused. */
const timeThroughClock = {
  create(context) {
    const isDate = (node) => node.type === 'Identifier' && node.name === 'Date';
    const report = (node) => context.report({ node, message: TELL });
    return {
      NewExpression: (node) => isDate(node.callee) && node.arguments.length === 0 && report(node),
      CallExpression: (node) => isDate(node.callee) && report(node),
      MemberExpression: (node) => isDate(node.object) && node.property.name === 'now' && report(node),
    };
  },
};

/** Settings are read and checked in one file; everything else is handed an `Env`. */
const envInOnePlace = {
  create(context) {
    return {
      MemberExpression(node) {
        if (node.object.type === 'Identifier' && node.object.name === 'process' && node.property.name === 'env') {
          context.report({ node, message: 'Settings are read in libs/common/src/env.ts only. Inject ENV.' });
        }
      },
    };
  },
};

/** A rule that is switched off in a comment is a rule that nobody knows is off. */
const noSwitchingOff = {
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (/(?:eslint|oxlint)-disable|@ts-(?:ignore|expect-error|nocheck)/.test(comment.value)) {
            context.report({ node: comment, message: 'Repair what the rule found, or change the rule for all.' });
          }
        }
      },
    };
  },
};

export default {
  meta: { name: 'kana' },
  rules: {
    'time-through-clock': timeThroughClock,
    'env-in-one-place': envInOnePlace,
    'no-switching-off': noSwitchingOff,
  },
};
