/* Change log, change feed, read cache and response cache, checked exhaustively.

   Two writers commit. One failover may lose the newest commits. Two gateway processes answer
   questions about the data of a group. Of three entities, 0 is what they ask for, 1 is something else,
   and 2 is the record of the group with its memberships: it decides what each viewer may see.

   The property: at one instant between a question and its answer, the database held the data that
   the answer gives, and the viewer had the permission that the answer is for.

   The code: gateway/changes/log.py (commit), gateway/changes/feed.py (feed, breaker),
   gateway/loaders/reads.py and gateway/graphql/execution/response_cache.py (request).
   When the circuit breaker is open depends on time, which the model does not have: at any
   question of request 0 it may be, while the other one asks the feed. (If it is open for both,
   neither uses or stores anything.)
   docs/architecture.md tells the same in words.

   Each of these macros seeds a mistake that the check has to find:
     READ_BEFORE_QUESTION   a question shares a read of the log that began before it
     FAILED_READ_TAKEN      a failed read counts as one that found nothing new
     PERMISSIONS_NOT_AGAIN  a membership is compared at an earlier read than the entry
     MARKS_IGNORED          a version that is used again after a failover passes for the old one
     KEPT_ACROSS_FORK       entries are kept although the known row is missing
     NEWER_THAN_SNAPSHOT    a cached value that is newer than the snapshot is used in it
     OPEN_BREAKER_TAKEN     what the feed knew last is compared while the breaker is open */

#ifndef COMMITS
#define COMMITS 4
#endif
#define STATES (COMMITS + 1)
#define ENTITIES 3
#define GROUP 2
#define GATEWAYS 2
#define REQUESTS 3      /* 0 and 1: two viewers at gateway 0; 2: the other viewer at gateway 1 */
#ifndef QUESTIONS
#define QUESTIONS 2     /* that each of them asks, one after the other */
#endif
#ifndef OTHER
#define OTHER 1         /* who asks beside request 0 */
#endif
#define NONE 15

#define GATEWAY(request) ((request) / 2)
#define VIEWER(request) ((request) > 0)
#define DATA 0

/* ---- The database. A state is named by the commit that made it. ---- */

byte newest = 0;                   /* version of the newest row of the log */
byte mark[STATES] = NONE;          /* by version: the random mark, here the name of the state */
byte touched[STATES];              /* by version: the entity that changed */
byte version_of[STATES];           /* by state */
byte states = 1;
byte value[STATES * ENTITIES];     /* by state, entity: the state in which it changed last */

#define VALUE(state, entity) value[(state) * ENTITIES + (entity)]
#define PERMISSION(viewer, group_value) (((group_value) + (viewer)) % 2)

/* By request: the states that the database was in since the question, as bits. */
byte seen[REQUESTS];

inline notice() {
  seen[0] = seen[0] | (1 << mark[newest]);
  seen[1] = seen[1] | (1 << mark[newest]);
  seen[2] = seen[2] | (1 << mark[newest])
}

inline commit(e) {
  d_step {
    states < STATES ->
    newest++;
    mark[newest] = states;
    touched[newest] = e;
    version_of[states] = newest;
    VALUE(states, 0) = VALUE(mark[newest - 1], 0);
    VALUE(states, 1) = VALUE(mark[newest - 1], 1);
    VALUE(states, 2) = VALUE(mark[newest - 1], 2);
    VALUE(states, e) = states;
    states++;
    notice()
  }
}

/* The writer lock lets one transaction commit at a time, whoever writes it. */
proctype Writer() {
  end:
  do
  :: commit(0)
  :: commit(1)
  :: commit(GROUP)
  od
}

inline lose() {
  mark[newest] = NONE;
  touched[newest] = 0;
  newest--
}

proctype Failover() {
  end:
  if
  :: d_step { newest > 0 -> lose(); notice() }
  :: d_step { newest > 1 -> lose(); lose(); notice() }
  fi
}

/* ---- A gateway's change feed. ---- */

byte known[GATEWAYS];                      /* the version that it has caught up with */
byte chain[GATEWAYS * STATES] = NONE;      /* by version: the mark of a row of its history */
byte changed[GATEWAYS * ENTITIES];         /* by entity: the version of its last change */
bool waiting[REQUESTS];                    /* for a read that has not begun */
bool reading[REQUESTS];                    /* for the read that is under way */
byte result[REQUESTS] = NONE;              /* 1: caught up, 0: it cannot be told, 2: not asked */
#define UNCACHED 2                         /* the circuit breaker is open */
#ifdef OPEN_BREAKER_TAKEN
#define OPEN_RESULT 1
#else
#define OPEN_RESULT UNCACHED
#endif

#define CHAIN(g, version) chain[(g) * STATES + (version)]
#define CHANGED(g, entity) changed[(g) * ENTITIES + (entity)]
#ifdef MARKS_IGNORED
#define SAME_ROW(g, version) (newest >= (version))
#define IN_CHAIN(g, version, m) (CHAIN(g, version) != NONE)
#else
#define SAME_ROW(g, version) (newest >= (version) && mark[version] == CHAIN(g, version))
#define IN_CHAIN(g, version, m) (CHAIN(g, version) == (m))
#endif

/* What was read at one position is the same at the other: both are in the chain, and the last
   change is no later than the older of them. */
#define UNCHANGED(g, e, v, w) (CHANGED(g, e) <= (v) && CHANGED(g, e) <= (w))
#ifdef NEWER_THAN_SNAPSHOT
#define HOLDS_AT(g, e, v, m, w, n) (IN_CHAIN(g, v, m) && IN_CHAIN(g, w, n) && CHANGED(g, e) <= (v))
#else
#define HOLDS_AT(g, e, v, m, w, n) (IN_CHAIN(g, v, m) && IN_CHAIN(g, w, n) && UNCHANGED(g, e, v, w))
#endif
#define HOLDS(g, e, v, m) (IN_CHAIN(g, v, m) && CHANGED(g, e) <= (v))

inline catch_up(g) {
    if
    :: SAME_ROW(g, known[g]) ->
       i = known[g];
       do
       :: i < newest ->
          i++;
          CHAIN(g, i) = mark[i];
          CHANGED(g, touched[i]) = i
       :: else -> break
       od
    :: else ->
#ifndef KEPT_ACROSS_FORK
       i = 0;
       do
       :: i < STATES -> CHAIN(g, i) = NONE; i++
       :: else -> break
       od;
       CHANGED(g, 0) = 0; CHANGED(g, 1) = 0; CHANGED(g, 2) = 0;
#endif
       CHAIN(g, newest) = mark[newest]
    fi;
    known[g] = newest;
    i = 0
}

#define WAITS(flags, g) ((g == 0 && (flags[0] || flags[1])) || (g == 1 && flags[2]))

inline answer_waiting(g, how) {
  if
  :: g == 0 ->
     if :: reading[0] -> reading[0] = false; result[0] = how :: else fi;
     if :: reading[1] -> reading[1] = false; result[1] = how :: else fi
  :: else ->
     if :: reading[2] -> reading[2] = false; result[2] = how :: else fi
  fi
}

/* The read begins after each of the calls that share it; its answer comes later. */
proctype Feed(byte g) {
  byte i;
  end:
  do
  :: d_step {
       WAITS(waiting, g) ->
       if
       :: g == 0 ->
          reading[0] = waiting[0]; waiting[0] = false;
          reading[1] = waiting[1]; waiting[1] = false
       :: else -> reading[2] = waiting[2]; waiting[2] = false
       fi;
       catch_up(g)
     };
     d_step { answer_waiting(g, 1) }
  :: d_step {          /* it fails, is cancelled, or takes too long */
       WAITS(waiting, g) ->
       if
       :: g == 0 ->
          reading[0] = waiting[0]; waiting[0] = false;
          reading[1] = waiting[1]; waiting[1] = false
       :: else -> reading[2] = waiting[2]; waiting[2] = false
       fi;
#ifdef FAILED_READ_TAKEN
       answer_waiting(g, 1)
#else
       answer_waiting(g, 0)
#endif
     }
  od
}

/* ---- What a gateway has cached, by the state that it was read in. ---- */

#define PERMISSIONS 2
byte entry[GATEWAYS * PERMISSIONS] = NONE;   /* an answer, by the permission that it is for */
byte cached[GATEWAYS] = NONE;                /* a value of a loader */
byte member[REQUESTS] = NONE;                /* the membership of a request's viewer */

#define ENTRY(p, permission) entry[GATEWAY(p) * PERMISSIONS + (permission)]
/* The position of a state: its version, and its mark, which is its name. */
#define HOLDS_NOW(p, e, state) HOLDS(GATEWAY(p), e, version_of[state], state)
#define ENTRY_HOLDS(p, state) (HOLDS_NOW(p, DATA, state) && HOLDS_NOW(p, GROUP, state))
#define CACHED_HOLDS_IN(p, state) \
  (cached[GATEWAY(p)] != NONE && \
   HOLDS_AT(GATEWAY(p), DATA, version_of[cached[GATEWAY(p)]], cached[GATEWAY(p)], version_of[state], state))
#ifdef PERMISSIONS_NOT_AGAIN
#define MEMBERSHIP_HOLDS(p) true
#else
#define MEMBERSHIP_HOLDS(p) HOLDS_NOW(p, GROUP, member[p])
#endif

/* The answer is that of one state since the question. */
#define TRUE_IN(state, data, permission, p) \
  ((seen[p] & (1 << (state))) && (state) < states && VALUE(state, DATA) == (data) && \
   PERMISSION(VIEWER(p), VALUE(state, GROUP)) == (permission))
#define TRUE_BY_3(data, permission, p) \
  (TRUE_IN(0, data, permission, p) || TRUE_IN(1, data, permission, p) || \
   TRUE_IN(2, data, permission, p))
#if COMMITS == 2
#define TRUE_SINCE(data, permission, p) TRUE_BY_3(data, permission, p)
#elif COMMITS == 3
#define TRUE_SINCE(data, permission, p) \
  (TRUE_BY_3(data, permission, p) || TRUE_IN(3, data, permission, p))
#else
#define TRUE_SINCE(data, permission, p) \
  (TRUE_BY_3(data, permission, p) || TRUE_IN(3, data, permission, p) || \
   TRUE_IN(4, data, permission, p))
#endif

inline wait_for_read(p) {
#ifdef READ_BEFORE_QUESTION
  if
  :: d_step { WAITS(reading, GATEWAY(p)) -> reading[p] = true; result[p] = NONE }
  :: d_step { waiting[p] = true; result[p] = NONE }
  fi;
#else
  d_step { waiting[p] = true; result[p] = NONE };
#endif
  result[p] != NONE
}

proctype Request(byte p; byte questions) {
  byte permission, state, data;
  do
  :: questions > 0 ->
     /* The membership, from the cache or in a statement with its position. */
     d_step {
       questions--;
       seen[p] = 1 << mark[newest];
       if
       :: member[p] == NONE -> member[p] = mark[newest]
       :: else
       fi
     };
     if
     :: wait_for_read(p)
     :: p == 0 -> result[p] = OPEN_RESULT
     fi;
#ifdef PERMISSIONS_NOT_AGAIN
     if
     :: result[p] == 1 && HOLDS_NOW(p, GROUP, member[p]) -> wait_for_read(p)
     :: else -> result[p] = 0
     fi;
#endif

     /* No await in between: memberships, permissions and the entry are compared at one read. */
     d_step {
       state = NONE;
       if
       :: result[p] == 1 && MEMBERSHIP_HOLDS(p) ->
          permission = PERMISSION(VIEWER(p), VALUE(member[p], GROUP));
          state = ENTRY(p, permission);
          if
          :: state != NONE && ENTRY_HOLDS(p, state) ->
             assert(TRUE_SINCE(VALUE(state, DATA), permission, p))
          :: else -> state = NONE
          fi
       :: else
       fi;
       if
       :: state == NONE && !HOLDS_NOW(p, GROUP, member[p]) -> member[p] = NONE
       :: else
       fi;
       permission = 0
     };

     /* Executed: a snapshot, with its position; then values that are known to hold in it. */
     if
     :: state == NONE ->
        state = mark[newest];
        if
        :: result[p] != UNCACHED && !IN_CHAIN(GATEWAY(p), version_of[state], state) ->
           wait_for_read(p)
        :: else
        fi;
        d_step {
          data = VALUE(state, DATA);
          permission = PERMISSION(VIEWER(p), VALUE(state, GROUP));
          if
          :: result[p] == UNCACHED
          :: else ->
             if
             :: result[p] == 1 && CACHED_HOLDS_IN(p, state) ->
                data = VALUE(cached[GATEWAY(p)], DATA)
             :: else -> cached[GATEWAY(p)] = state
             fi;
             ENTRY(p, permission) = state
          fi;
          assert(TRUE_SINCE(data, permission, p));
          seen[p] = 0; result[p] = NONE; state = 0; data = 0; permission = 0
        }
     :: else -> d_step { seen[p] = 0; result[p] = NONE; state = 0 }
     fi
  :: else -> break
  od
}

init {
  d_step {
    mark[0] = 0;
    CHAIN(0, 0) = 0;
    CHAIN(1, 0) = 0
  };
  atomic {
    run Writer(); run Writer(); run Failover();
    run Feed(0); run Feed(1);
    run Request(0, QUESTIONS); run Request(OTHER, QUESTIONS)
  }
}
