------------------------------- MODULE Rules -------------------------------
(***************************************************************************)
(* What one candidate knows, wants and does: rules T1 to T13 of            *)
(* docs/ELECTION.md, one operator each, in the order and the words of      *)
(* agent/election/.  Functions of a candidate's state `s`, no variables;   *)
(* what happens between candidates is in Election.tla.                     *)
(*                                                                         *)
(* A state of the lease is a record:                                       *)
(*   ex    it exists          uid, rv  the object's, its version's number  *)
(*   h     holder             acq, st  stamps: acquireTime, renewTime      *)
(*   tr    leaseTransitions   dur      leaseDurationSeconds                *)
(*   mark  release mark [u, i, t]: uid, incarnation, transitions           *)
(* A stamp is <<who, n>>, new for every write, and is only compared.       *)
(* An incarnation is <<candidate, n>>, new for every start.                *)
(*                                                                         *)
(* Time is relative, so that it needs no end: ages count up (first_seen,   *)
(* sent_at), what is left counts down (valid_until, renew_at).             *)
(* TIMED = FALSE: whatever may be done later may be done at any time, so   *)
(* no retry time, jitter or slowness is assumed, and none is modelled.     *)
(* TIMED = TRUE: it is done when elector_plan.cc says.                     *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC
CONSTANTS
  L, D,      \* [candidate -> lease duration], [candidate -> renew deadline]
  G,         \* stopGrace: how long main may go on when the role is down
  TRUST,     \* "new": --trust-new-lease, "cg": --trust-client-go-release
  ACCEPT,    \* --accept-restored-store
  TIMED,
  R, A, SEC, \* TIMED: retry period, first attempt min(D/3, 2 s), a second
  AGEMAX     \* ages above this are all the same: the longest duration

Max(x, y) == IF x >= y THEN x ELSE y
Min(x, y) == IF x <= y THEN x ELSE y
Up(x, y) == (x + y - 1) \div y
Largest(S) == CHOOSE x \in S : \A y \in S : y <= x
Never == 1000000000

Nobody == <<"-", 0>>
NoMark == [u |-> 0, i |-> Nobody, t |-> 0]
Absent(rv) == [ex |-> FALSE, uid |-> 0, rv |-> rv, h |-> Nobody,
               acq |-> Nobody, st |-> Nobody, tr |-> 0, dur |-> 0,
               mark |-> NoMark]
\* What makes one state of the lease differ from another for the election.
Record(v) == [v EXCEPT !.rv = 0]

---------------------------------------------------------------------------
(* Observation: what was seen of the lease, and since when.                *)
NoSeen == [known |-> FALSE, ex |-> FALSE, v |-> Absent(0), newest |-> 0,
           age |-> 0, longest |-> 0, uid |-> 0, hi |-> 0, lh |-> Nobody,
           lht |-> -1, turned |-> FALSE]

\* T11: nothing that is older than the newest is taken in.
Accepts(o, v) == ~(o.known /\ v.rv < o.newest)

\* `next`: nothing happened between the state seen last and this one.
\* Else the timer of T5 restarts even if the record looks equal.
SeeLease(o, v, next) ==
  LET same == o.ex /\ next /\ Record(v) = Record(o.v)
      new == v.uid # o.uid
      hi == IF new THEN v.tr ELSE Max(o.hi, v.tr)
      lht == IF new THEN -1 ELSE o.lht
      holder == v.h # Nobody /\ v.tr >= lht
  IN IF o.ex /\ v.rv = o.newest THEN o
     ELSE [known |-> TRUE, ex |-> TRUE, v |-> v, newest |-> v.rv,
           age |-> IF same THEN o.age ELSE 0,
           turned |-> same /\ o.turned,
           longest |-> Max(o.longest, v.dur),
           uid |-> v.uid, hi |-> hi,
           lh |-> IF holder THEN v.h ELSE IF new THEN Nobody ELSE o.lh,
           lht |-> IF holder THEN v.tr ELSE lht]

AcceptsAbsence(o, rv) == ~(rv > 0 /\ rv <= o.newest)
\* `rv`: of the deletion, if a watch tells it, else 0.
SeeAbsent(o, rv) ==
  [o EXCEPT !.known = TRUE, !.ex = FALSE, !.v = Absent(0), !.age = 0,
            !.newest = Max(@, rv), !.turned = FALSE]

\* The store went back, and that is accepted.
Forget(o) == [NoSeen EXCEPT !.longest = o.longest]

\* The mark is about this very state, and no later holder has been seen.
ReleasedByLastHolder(o) ==
  LET m == o.v.mark IN
  /\ m # NoMark
  /\ m.u = o.v.uid
  /\ m.t = o.v.tr
  /\ o.hi <= o.v.tr
  /\ o.lht < o.v.tr \/ o.lh = m.i

\* In how long the lease may be taken if nothing else is seen.
FreeIn(p, o) ==
  LET empty == o.v.h = Nobody
      need ==
        IF empty /\ ReleasedByLastHolder(o) THEN 0
        ELSE IF /\ empty /\ "new" \in TRUST /\ o.v.mark = NoMark
                /\ o.v.tr = 0 /\ o.v.acq = Nobody THEN 0
        ELSE IF empty /\ "cg" \in TRUST /\ o.v.dur = SEC THEN SEC
        ELSE Max(Max(o.v.dur, L[p]), o.longest)
  IN IF o.ex THEN Max(0, need - o.age) ELSE Never

---------------------------------------------------------------------------
(* A candidate.                                                            *)
(*   st    "run", "give" (giving up), "stop", "refuse", "off"              *)
(*   inc   which start of the process this is       ord  its stop order    *)
(*   left  until valid_until, 0: does not hold                             *)
(*   uid, acq, tok  of its present or last term; tok: fencing token        *)
(*   main  how long main may still act on a role that has gone down        *)
(*   cool  cooldown, standing still while it gives up                      *)
(*   fl    the request that is out    unk   writes with unknown outcome    *)
(*   must  read before anything else                                       *)
(* and with TIMED                                                          *)
(*   renew until renew_at             poll  window of the next poll        *)
(*   nr, nw, fr, fw  Attempts of reads and writes: not_before, failures    *)
(*   live  the watch is open                                               *)
(*   need  how long a write takes lately, 0: no longer than A              *)
(*   turn  window of the turn that was drawn, if seen.turned               *)
NoReq == [k |-> "none"]
Now == <<0, 0>>
Fresh(inc, ord) ==
  [st |-> "run", inc |-> inc, ord |-> ord, left |-> 0, uid |-> 0,
   acq |-> Nobody, tok |-> 0, main |-> 0, cool |-> 0, seen |-> NoSeen,
   fl |-> NoReq, unk |-> {}, must |-> FALSE, renew |-> 0, poll |-> Now,
   nr |-> Now, nw |-> Now, fr |-> 0, fw |-> 0, live |-> FALSE,
   need |-> 0, turn |-> Now]

Me(p, s) == <<p, s.inc>>
Holds(s) == s.left > 0
Leads(s) == Holds(s) /\ s.st = "run"
Leaving(s) == s.st \in {"give", "stop"}
MayContend(s) == s.st = "run" /\ s.cool = 0
IsWrite(q) == q.k \in {"new", "acq", "ren", "rel"}
HeldByMe(p, s) == s.seen.ex /\ s.seen.v.h = Me(p, s)

RoleDown(s) == IF Leads(s) THEN [s EXCEPT !.main = G] ELSE s
EndTerm(s) == [RoleDown(s) EXCEPT !.left = 0, !.unk = {}]
\* I4: never earlier than it was.
Hold(s, until) ==
  IF until <= 0 THEN s
  ELSE [s EXCEPT !.left = Max(@, until),
                 !.main = IF s.st = "run" THEN 0 ELSE @]

\* The record seen last is of a term that we began, not given to us by hand.
ShowsOurTerm(p, s) ==
  /\ HeldByMe(p, s)
  /\ Holds(s) \/ (s.seen.v.uid = s.uid /\ s.seen.v.acq = s.acq)
NothingToRelease(p, s) ==
  ~IsWrite(s.fl) /\ ~(s.must /\ s.seen.known) /\ ~ShowsOurTerm(p, s)

\* How one request that failed puts off the next one of its kind.
Backoff(s, n) ==
  LET soon == Max(Up(s.left, 4), Up(R, 20))
      latest == IF Holds(s) THEN Min(Min(R, Up(R * n, 4)), soon) ELSE R
  IN <<latest \div 5, latest>>
ReadFailed(s) ==
  IF ~TIMED THEN s
  ELSE [s EXCEPT !.fr = Min(4, @ + 1), !.nr = Backoff(s, s.fr + 1),
                 !.poll = Now]
WriteFailed(s) ==  \* The first time again at once.
  IF ~TIMED THEN s
  ELSE [s EXCEPT !.fw = Min(4, @ + 1),
                 !.nw = IF s.fw = 0 THEN @ ELSE Backoff(s, s.fw + 1)]

\* A write was stored, `took` after it was sent: the next one gets half as
\* long again.
Took(p, s, took) ==
  LET n == Min((3 * took) \div 2, D[p] \div 2) IN
  IF TIMED THEN [s EXCEPT !.need = IF n > A THEN n ELSE 0] ELSE s

---------------------------------------------------------------------------
(* T1  start: read at once, consistently.                                  *)
T1(s) == ~s.seen.known

(* T6  held by another: believe in silence for so long, then read.  The    *)
(* first answer of another holder ends the cooldown.                       *)
T6(s) ==
  IF ~TIMED THEN s
  ELSE [s EXCEPT !.poll = IF s.live
                          THEN <<2 * R + SEC, 2 * R + SEC + R \div 5>>
                          ELSE <<R, Up(R * 11, 5)>>]

(* T7  holding, and another holder, an empty one, another uid or no lease  *)
(* is seen: the role goes down now.                                        *)
T7(p, s) ==
  IF Holds(s) /\ (~HeldByMe(p, s) \/ s.seen.v.uid # s.uid)
  THEN EndTerm(s) ELSE s

\* A sight of the lease; only if Accepts(s.seen, v).
See(p, s, v, next) ==
  LET o == SeeLease(s.seen, v, next)
      other == /\ o.v.h # Nobody /\ o.v.h # Me(p, s)
               /\ Record(o.v) # Record(s.seen.v)
      t == T7(p, T6([s EXCEPT !.seen = o]))
  IN IF other THEN [t EXCEPT !.cool = 0, !.fw = 0, !.nw = Now] ELSE t
SeeGone(p, s, rv) == T7(p, T6([s EXCEPT !.seen = SeeAbsent(@, rv)]))

(* T8  now >= valid_until: the role goes down.  `n` passes, of which the   *)
(* term may have had less.                                                 *)
T8(s, t, n) ==
  IF Holds(s) /\ s.left <= n
  THEN [t EXCEPT !.unk = {},
                 !.main = IF Leads(s) THEN Max(0, G - (n - s.left)) ELSE @]
  ELSE t

(* T12  the release was answered, or timed out: done.  The cooldown of     *)
(* giving up stands, unless another has led since.                         *)
T12(s) ==
  [EndTerm(s) EXCEPT !.must = FALSE,
     !.st = CASE s.st = "stop" -> "off" [] s.st = "give" -> "run"
              [] OTHER -> s.st]

\* Leaving ends where nothing is left to release.
Settle(p, s) == IF Leaving(s) /\ NothingToRelease(p, s) THEN T12(s) ELSE s

(* T4  our acquire or renewal was applied, and nothing newer was seen:     *)
(* hold until sent_at + D.                                                 *)
T4(p, s, q) ==
  LET t == [s EXCEPT !.unk = {}, !.renew = IF TIMED THEN Max(0, R - q.age)
                                           ELSE 0]
  IN IF HeldByMe(p, s) THEN Hold(t, D[p] - q.age) ELSE s

(* T9  a conflict or an unknown outcome: read before anything else.        *)
T9Unknown(p, s, q) ==
  LET kept == {u \in s.unk : u.age < D[p]}
      w == [st |-> q.body.st, uid |-> q.uid, k |-> q.k, age |-> q.age]
  IN [s EXCEPT !.must = TRUE,
               !.unk = IF q.k = "acq" \/ (q.k = "ren" /\ Holds(s))
                       THEN kept \cup {w} ELSE kept]

(* T3  it shows our incarnation, and we do not hold: T9 may prove it.      *)
T3(s) == ~Holds(s) /\ (MayContend(s) \/ Leaving(s))

(* T9  a read, or an event of the watch, shows our incarnation and the     *)
(* very renewTime of a write whose outcome is unknown: it was applied,     *)
(* with that write's sent_at.                                              *)
Proven(p, s) ==
  IF HeldByMe(p, s) /\ (Holds(s) \/ T3(s))
  THEN {u \in s.unk : u.st = s.seen.v.st /\ u.uid = s.seen.v.uid}
  ELSE {}
T9(p, s) ==
  LET v == s.seen.v
      u == CHOOSE x \in Proven(p, s) : TRUE
      t == [s EXCEPT !.unk = @ \ {u},
                     !.renew = IF TIMED THEN Max(0, R - u.age) ELSE 0]
      began == [t EXCEPT !.uid = v.uid, !.acq = v.acq, !.tok = v.rv]
  IN IF Proven(p, s) # {}
     THEN Hold(IF u.k = "acq" THEN began ELSE t, D[p] - u.age)
     ELSE s
\* By an event: it was stored now, later than we could wait.
T9ByEvent(p, s) ==
  LET u == CHOOSE x \in Proven(p, s) : TRUE IN
  IF Proven(p, s) # {} /\ u.age < D[p] THEN Took(p, T9(p, s), u.age)
  ELSE T9(p, s)

\* A write was applied: `q.v` is what was stored.
Applied(p, s, q) ==
  LET t == Took(p, [s EXCEPT !.fw = 0, !.nw = Now], q.age)
      seen == See(p, t, q.v, TRUE)
      began == [seen EXCEPT !.uid = q.v.uid, !.acq = q.v.acq, !.tok = q.v.rv]
  IN IF ~Accepts(t.seen, q.v)
     THEN IF q.k = "rel" THEN T12(t) ELSE T9Unknown(p, t, q)
     ELSE CASE q.k = "new" -> seen
            [] q.k = "rel" -> T12(seen)
            [] q.k = "acq" -> T4(p, began, q)
            [] q.k = "ren" -> T4(p, seen, q)
WriteDone(p, s, how) ==
  LET q == s.fl
      t == [s EXCEPT !.fl = NoReq]
      done ==
        CASE how = "applied" -> Applied(p, t, q)
          [] how = "conflict" -> WriteFailed([t EXCEPT !.must = TRUE])
          \* T12: a release that timed out is not asked about.
          [] how = "unknown" /\ q.k = "rel" -> T12(t)
          [] how = "rejected" /\ q.k = "rel" /\ s.st = "give" -> T12(t)
          [] how = "rejected" -> WriteFailed(t)
          [] how = "unknown" -> WriteFailed(T9Unknown(p, t, q))
  IN Settle(p, done)

(* T11  a consistent read older than what was seen before it was sent: the *)
(* store was restored.                                                     *)
T11(p, s, v) ==
  IF ACCEPT THEN See(p, [EndTerm(s) EXCEPT !.seen = Forget(@), !.must = FALSE],
                     v, FALSE)
  ELSE [EndTerm(s) EXCEPT !.st = IF s.st = "stop" THEN "off" ELSE "refuse"]

(* T5  it is free, and others may want it too: whoever has read that draws *)
(* a turn, the longer the longer the read took, and then reads again.      *)
Turn(s) == IF TIMED THEN Min(8 * s.fl.age, R \div 4) ELSE 0
DrawsTurn(p, s) ==
  LET t == See(p, s, s.fl.v, FALSE) IN
  /\ Turn(s) > 0 /\ s.fl.v.ex /\ Accepts(s.seen, s.fl.v)
  /\ ~Holds(t) /\ ~t.seen.turned /\ FreeIn(p, t.seen) = 0
Drawn(p, s, t) ==
  IF DrawsTurn(p, s)
  THEN [t EXCEPT !.turn = <<0, Turn(s)>>, !.seen.turned = TRUE] ELSE t

ReadDone(p, s) ==
  LET q == s.fl
      t == [s EXCEPT !.fl = NoReq, !.fr = 0, !.nr = Now]
      done ==
        IF ~q.v.ex
        THEN IF ~Holds(t) /\ t.seen.newest > q.floor
             THEN [t EXCEPT !.must = TRUE]     \* T11: the older news, perhaps
             ELSE [SeeGone(p, t, 0) EXCEPT !.must = FALSE]
        ELSE IF q.v.rv < q.floor THEN T11(p, t, q.v)
        ELSE IF ~Accepts(t.seen, q.v) THEN T6(t)  \* T11: overtaken
        ELSE T9(p, Drawn(p, s, [See(p, t, q.v, FALSE) EXCEPT !.must = FALSE]))
  IN Settle(p, done)
\* The read that just ended is the fresh one that an acquire needs.
IsFresh(p, s, t) ==
  /\ s.fl.v.ex /\ s.fl.v.rv >= s.fl.floor /\ ~DrawsTurn(p, s)
  /\ t.seen.ex /\ t.seen.v = s.fl.v /\ ~t.must

\* The next event of the watch.
WatchEvent(p, s, v, next) ==
  Settle(p, IF v.ex THEN T9ByEvent(p, See(p, s, v, next /\ s.seen.ex))
            ELSE SeeGone(p, s, v.rv))
WatchAccepts(s, v) == IF v.ex THEN Accepts(s.seen, v) /\ v.rv # s.seen.newest
                      ELSE AcceptsAbsence(s.seen, v.rv)

(* T10  asked to stop, or to give up: the role goes down.                  *)
T10Stop(p, s) ==
  LET t == [RoleDown(s) EXCEPT !.st = "stop"] IN
  Settle(p, IF s.ord = "last" THEN [t EXCEPT !.main = 0] ELSE t)
T10GiveUp(p, s) ==
  LET involved == \/ Holds(s) \/ s.unk # {}
                  \/ IsWrite(s.fl) /\ s.fl.k # "new"
      t == [s EXCEPT !.cool = L[p]]
  IN IF s.st # "run" THEN s
     ELSE IF involved THEN Settle(p, [RoleDown(t) EXCEPT !.st = "give"]) ELSE t

---------------------------------------------------------------------------
(* What may be done next: a task and its window.                           *)
Later(x, y) == <<Max(x[1], y[1]), Max(x[2], y[2])>>
Sooner(x, y) == <<Min(x[1], y[1]), Min(x[2], y[2])>>
At(x) == <<x, x>>
Task(k, w) == [k |-> k, w |-> w]
Nothing == Task("none", At(Never))

(* T13  draining: renew until main may act no more, then release.          *)
T13(s) ==
  LET release == Later(At(s.main), s.nw)
      renew == Later(At(s.renew), s.nw)
  IN IF s.must THEN Task("read", s.nr)
     ELSE IF Holds(s) /\ renew[1] < release[1] THEN Task("ren", renew)
     ELSE Task("rel", release)

(* T2  the lease is absent, and we may contend: create it empty.           *)
(* T5  it is free, and we may contend: read, in our turn, then acquire.    *)
Following(p, s) ==
  LET poll == Task("read", Later(s.poll, s.nr))
      create == Task("new", Later(At(s.cool), s.nw))
      free == At(Max(FreeIn(p, s.seen), s.cool))
      turn == IF s.seen.turned THEN Later(free, s.turn) ELSE free
      take == Later(turn, Later(s.nr, s.nw))
  IN IF ~s.seen.ex
     THEN IF create.w[1] <= poll.w[1] THEN create ELSE poll
     ELSE Task("read", Sooner(take, poll.w))

Next1(p, s) ==
  IF s.fl # NoReq \/ s.st \in {"off", "refuse"} THEN Nothing
  ELSE IF Leaving(s) THEN T13(s)
  ELSE IF s.must \/ T1(s) THEN Task("read", s.nr)
  ELSE IF Holds(s) THEN Task("ren", Later(At(s.renew), s.nw))
  ELSE Following(p, s)

\* Without TIMED the same tasks, at any time.
May(p, s, k) ==
  IF TIMED THEN Next1(p, s).k = k /\ Next1(p, s).w[1] = 0
  ELSE /\ s.fl = NoReq /\ s.st \in {"run", "give", "stop"}
       /\ CASE k = "read" -> IF Leaving(s) \/ Holds(s) THEN s.must ELSE TRUE
            [] k = "new" -> s.seen.known /\ ~s.seen.ex /\ ~s.must /\ ~Holds(s)
                            /\ MayContend(s)
            [] k = "ren" -> ~s.must /\ Holds(s) /\ (Leaving(s) => s.main > 0)
            [] k = "rel" -> ~s.must /\ Leaving(s) /\ s.main = 0

\* T5: in the very step in which the consistent read was answered.
MayAcquire(p, s) ==
  /\ s.fl = NoReq /\ ~Holds(s) /\ MayContend(s) /\ ~s.must /\ s.seen.ex
  /\ FreeIn(p, s.seen) = 0 /\ s.nw[1] = 0

\* The first attempt is cut early, unless writes take that long; each further
\* one has twice as long, and one attempt is kept for the end of the term (I9).
RECURSIVE Twice(_, _)
Twice(x, n) == IF n = 0 THEN x ELSE Twice(2 * x, n - 1)
Deadline(p, s, first) ==
  LET attempt == Min(Twice(first, Min(4, s.fr + s.fw)), D[p])
      last == s.left - A
  IN IF ~TIMED THEN 0
     ELSE IF Holds(s) THEN Min(attempt, IF 0 < last THEN last ELSE s.left)
     ELSE attempt

SendRead(p, s, v) ==
  [s EXCEPT !.fl = [k |-> "read", v |-> v, floor |-> s.seen.newest, age |-> 0,
                    dl |-> Deadline(p, s, A), ph |-> "ok", bad |-> FALSE]]

\* The whole object that the write puts there.
Body(p, s, k, stamp) ==
  LET base == s.seen.v IN
  CASE k = "new" -> [Absent(0) EXCEPT !.ex = TRUE, !.st = stamp, !.dur = L[p]]
    [] k = "acq" -> [base EXCEPT !.h = Me(p, s), !.acq = stamp, !.st = stamp,
                                 !.tr = s.seen.hi + 1, !.dur = L[p],
                                 !.mark = NoMark]
    [] k = "ren" -> [base EXCEPT !.st = stamp, !.dur = L[p], !.mark = NoMark]
    [] k = "rel" -> [base EXCEPT !.h = Nobody, !.st = stamp, !.dur = SEC,
                       !.mark = [u |-> base.uid, i |-> Me(p, s), t |-> base.tr]]
\* I6: it carries uid and version of what it replaces, or creates (0).
SendWrite(p, s, k, stamp) ==
  LET new == k = "new" IN
  [s EXCEPT
     !.left = IF k = "rel" THEN 0 ELSE @,
     !.fl = [k |-> k, uid |-> IF new THEN 0 ELSE s.seen.v.uid,
             rv |-> IF new THEN 0 ELSE s.seen.v.rv,
             body |-> Body(p, s, k, stamp), age |-> 0,
             dl |-> Deadline(p, s, Max(A, s.need)),
             ph |-> "sent", v |-> Absent(0), bad |-> FALSE]]

\* `n` units of its own clock pass.
Elapse(p, s, n) ==
  LET Less(x) == Max(0, x - n)
      LessW(w) == <<Less(w[1]), Less(w[2])>>
      Older(x) == Min(D[p], x + n)
      t == [s EXCEPT
              !.left = Less(@), !.main = Less(@),
              !.cool = IF Leaving(s) THEN @ ELSE Less(@),
              !.seen.age = IF s.seen.ex THEN Min(AGEMAX, @ + n) ELSE 0,
              !.unk = {[u EXCEPT !.age = Older(@)] : u \in s.unk},
              !.fl = IF @ = NoReq THEN @
                     ELSE [@ EXCEPT !.age = Older(@), !.dl = Less(@)],
              !.renew = Less(@), !.poll = LessW(@), !.turn = LessW(@),
              !.nr = LessW(@), !.nw = LessW(@)]
  IN T8(s, t, n)
Pass(p, s, n) == Settle(p, Elapse(p, s, n))
=============================================================================
