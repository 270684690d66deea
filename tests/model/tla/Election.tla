------------------------------ MODULE Election ------------------------------
(***************************************************************************)
(* Candidates of one Lease, the store that holds it, the network between,  *)
(* and hands that edit it.  What a candidate does is in Rules.tla (T1-T13);*)
(* here is everything that may happen to it.  docs/ELECTION.md has the     *)
(* rules in words, README.md what was checked and how large it is.         *)
(*                                                                         *)
(* The store     One lease, changed by writes that carry uid and           *)
(*               resourceVersion, or create.  Every change counts rv up.   *)
(* The network   A request may be lost before or after it is stored,       *)
(*               stored late (after its sender has given up on it, even    *)
(*               after its sender has died) or twice.  A read shows the    *)
(*               lease as it was when it was asked, however late.  A watch *)
(*               tells of versions late, leaves some out, never goes back. *)
(* Processes     crash and start anew, stop, give up, are slow.            *)
(* Clocks        run at the rates RATES, constant for each candidate.      *)
(* Hands         delete, empty, shorten, relabel, give away, apply an old  *)
(*               copy, create from an old copy, restore the whole store.   *)
(*                                                                         *)
(* TIMED = FALSE: every step may be put off for ever; only what BUD counts *)
(* (crashes, edits, stops, repeated writes) is limited, and versions and   *)
(* writes up to RVMAX, WMAX.                                               *)
(* TIMED = TRUE: candidates and network are prompt but for BUD faults; so  *)
(* liveness becomes a question of time (I7, I9).                           *)
(***************************************************************************)
EXTENDS Rules
CONSTANTS
  P,         \* candidates
  BEGIN,      \* how it begins, see Init
  ORDERS, RATES,
  FAULTS,    \* kinds of faults, edits and requests that may happen
  BUD,       \* how many of those that are counted
  RVMAX, WMAX, INCMAX,  \* horizons: versions, writes and starts of each
  Q,         \* TIMED: a request takes at most so long
  SHORT      \* TIMED: an outage is over one attempt before the leader's end
VARIABLES
  c,         \* [candidate -> its state]
  lease, prev, copy,    \* the lease, the state before, a copy kept by hand
  ghost,     \* of each: a write that may still be stored though given up
  w,         \* of each: the number of its last write
  rate, bud,
  cut,       \* TIMED: who cannot be reached
  calm,      \* TIMED: how long nothing has been wrong and nobody has led
  foreign,   \* how long a holder that is none of ours may still lead
  maxtok,    \* the greatest fencing token anybody led with
  blind,     \* for whom I1 is not promised, see Hide
  hid,       \* what hands have hidden: [dur, tr]
  bad
vars == <<c, lease, prev, copy, ghost, w, rate, bud, cut, calm, foreign,
          maxtok, blind, hid, bad>>
store == <<lease, prev, copy>>
world == <<rate, cut, calm>>
hands == <<foreign, blind, hid>>

CAS == ~("restore" \in FAULTS)
Copying == FAULTS \cap {"replay", "recreate", "restore"} # {}
Works(p) == Leads(c[p]) \/ c[p].main > 0

---------------------------------------------------------------------------
Gone == <<"x", 0>>                              \* none of ours
Held(p, by) ==
  [ex |-> TRUE, uid |-> 1, rv |-> 2, h |-> by, acq |-> <<by[1], 1>>,
   st |-> <<by[1], 1>>, tr |-> 1, dur |-> L[p], mark |-> NoMark]
\* The state before: somebody had released it, with a mark.
Past == [ex |-> TRUE, uid |-> 1, rv |-> 1, h |-> Nobody, acq |-> Gone,
         st |-> <<"x", 9>>, tr |-> 0, dur |-> SEC,
         mark |-> [u |-> 1, i |-> Gone, t |-> 0]]
Leader(p, s) ==
  [s EXCEPT !.left = D[p], !.uid = 1, !.acq = <<p, 1>>, !.tok = 2,
            !.seen = SeeLease(NoSeen, Held(p, <<p, 1>>), FALSE),
            !.renew = IF TIMED THEN R ELSE 0]
Witness(s, v) == T6([s EXCEPT !.seen = SeeLease(NoSeen, v, FALSE)])

\* "absent": no lease. "held": one leads, nobody else has seen anything.
\* "seen": one leads, all have seen it. "orphan": its holder is gone. "free":
\* it was released with a mark.
Init ==
  /\ rate \in [P -> RATES]
  /\ bud = BUD /\ bad = "" /\ foreign = 0 /\ blind = {}
  /\ hid = [dur |-> 0, tr |-> 0]
  /\ ghost = [p \in P |-> NoReq] /\ cut = {} /\ calm = 0
  /\ \E ord \in [P -> ORDERS], a \in P :
       LET f == [p \in P |-> [Fresh(1, ord[p]) EXCEPT !.live = TIMED]] IN
       CASE BEGIN = "absent" ->
              /\ lease = Absent(0) /\ copy = Absent(0) /\ c = f
              /\ w = [p \in P |-> 0] /\ maxtok = 0
         [] BEGIN = "orphan" ->
              /\ lease = Held(a, Gone) /\ copy = Past /\ c = f
              /\ w = [p \in P |-> 0] /\ maxtok = 0
         [] BEGIN = "free" ->
              /\ lease = Past /\ copy = Past /\ c = f
              /\ w = [p \in P |-> 0] /\ maxtok = 0
         [] OTHER ->
              /\ lease = Held(a, <<a, 1>>)
              /\ copy \in IF Copying THEN {Past, lease, Absent(0)} ELSE {Past}
              /\ c = [p \in P |-> IF p = a THEN Leader(p, f[p])
                        ELSE IF BEGIN = "seen" THEN Witness(f[p], lease)
                        ELSE f[p]]
              /\ w = [p \in P |-> IF p = a THEN 1 ELSE 0] /\ maxtok = 2
  /\ prev = lease

---------------------------------------------------------------------------
(* Candidates.                                                             *)

\* Candidate p is now in state s.  Of a process that has ended nothing is
\* left but its main container and a write that may still be stored.
Ended(s) == [Fresh(s.inc, s.ord) EXCEPT !.st = "off", !.main = s.main]
Becomes(p, s) ==
  /\ c' = [c EXCEPT ![p] = IF s.st = "off" THEN Ended(s) ELSE s]
  /\ maxtok' = IF Leads(s) THEN Max(maxtok, s.tok) ELSE maxtok
Leaves(s) == /\ s.st = "off" /\ IsWrite(s.fl) /\ s.fl.ph = "sent"
             /\ "late" \in FAULTS
\* It cannot be stored any more: versions never come back, but by a restore.
Hopeless(q) == IF q = NoReq THEN TRUE ELSE 0 < q.rv /\ q.rv < lease.rv /\ CAS
Late(q) == [q EXCEPT !.age = 0, !.dl = 0, !.bad = FALSE]
Ghosts(p, s) ==
  ghost' = IF Leaves(s) THEN [ghost EXCEPT ![p] = Late(s.fl)] ELSE ghost

Reaches(p) == p \notin cut /\ ~(c[p].fl # NoReq /\ c[p].fl.bad)
Spend(kind) == kind \in FAULTS /\ bud > 0 /\ bud' = bud - 1

Sent(p) == c[p].fl # NoReq
\* Candidate p had `s`, whose read was answered. T5: and the acquire that
\* follows from it.
Answered(p, s) ==
  LET t == ReadDone(p, s)
      acquires == IsFresh(p, s, t) /\ MayAcquire(p, t) /\ w[p] < WMAX
  IN /\ \/ Becomes(p, t) /\ w' = w /\ ~(TIMED /\ acquires)
        \/ /\ acquires /\ w' = [w EXCEPT ![p] = @ + 1]
           /\ Becomes(p, SendWrite(p, t, "acq", <<p, w[p] + 1>>))
     /\ bad' = IF t.st = "refuse" /\ ~("restore" \in FAULTS)
               THEN "refused a store that was not restored" ELSE bad
     /\ UNCHANGED <<store, ghost, world, hands, bud>>

\* T1, T5, T6, T9. The answer may come at once, or it is late; one that is
\* lost changes nothing but the time of the next one.
Slow == TIMED \/ "slow" \in FAULTS
Read(p) ==
  LET s == SendRead(p, c[p], lease) IN
  /\ May(p, c[p], "read")
  /\ \/ ~TIMED /\ Answered(p, s)
     \/ /\ Slow /\ Becomes(p, s)
        /\ UNCHANGED <<store, ghost, w, world, hands, bud, bad>>
Answer(p) ==
  Sent(p) /\ c[p].fl.k = "read" /\ Reaches(p) /\ Answered(p, c[p])

Write(p, k) ==                                    \* T2, T4, T10, T12, T13
  /\ May(p, c[p], k) /\ w[p] < WMAX /\ w' = [w EXCEPT ![p] = @ + 1]
  /\ Becomes(p, SendWrite(p, c[p], k, <<p, w[p] + 1>>))
  /\ UNCHANGED <<store, ghost, world, hands, bud, bad>>

Watch(p) ==
  /\ c[p].st \in {"run", "give", "stop"} /\ p \notin cut
  /\ ~T1(c[p]) /\ (TIMED => c[p].live)
  /\ \E v \in {prev, lease}, next \in BOOLEAN :
       /\ WatchAccepts(c[p], v)
       /\ next => c[p].seen.v.rv = v.rv - 1   \* else a watch opened again
       /\ TIMED /\ c[p].seen.v.rv = v.rv - 1 => next
       /\ LET t == WatchEvent(p, c[p], v, next) IN Becomes(p, t) /\ Ghosts(p, t)
  /\ UNCHANGED <<store, w, world, hands, bud, bad>>

\* No answer: lost on the way there or back, or too slow.
Lost(p) ==
  LET s == c[p]  q == s.fl IN
  /\ Sent(p) /\ (TIMED => q.dl = 0)
  /\ IF q.k = "read"
     THEN Becomes(p, ReadFailed([s EXCEPT !.fl = NoReq])) /\ ghost' = ghost
     ELSE /\ Becomes(p, WriteDone(p, s, "unknown"))
          /\ ghost' = IF q.ph = "sent" /\ "late" \in FAULTS /\ Hopeless(ghost[p])
                      THEN [ghost EXCEPT ![p] = Late(q)] ELSE ghost
  /\ UNCHANGED <<store, w, world, hands, bud, bad>>

Written(p) ==
  LET t == WriteDone(p, c[p], IF c[p].fl.ph = "ok" THEN "applied"
                              ELSE "conflict") IN
  /\ Sent(p) /\ c[p].fl.ph \in {"ok", "conf"} /\ c[p].fl.k # "read"
  /\ Reaches(p) /\ Becomes(p, t)
  /\ UNCHANGED <<store, ghost, w, world, hands, bud, bad>>

Stop(p) ==                                                   \* T10
  LET t == T10Stop(p, c[p]) IN
  /\ c[p].st \in {"run", "give"} /\ ~T1(c[p]) /\ Spend("stop")
  /\ Becomes(p, t) /\ Ghosts(p, t)
  /\ UNCHANGED <<store, w, world, hands, bad>>
GiveUp(p) ==                                                 \* T10
  /\ c[p].st = "run" /\ Spend("giveup") /\ Becomes(p, T10GiveUp(p, c[p]))
  /\ UNCHANGED <<store, ghost, w, world, hands, bad>>
Drained(p) ==       \* The main container says or shows that it has stopped.
  /\ Leaving(c[p]) /\ c[p].main > 0 /\ Becomes(p, [c[p] EXCEPT !.main = 0])
  /\ UNCHANGED <<store, ghost, w, world, hands, bud, bad>>
OutOfTime(p) ==                                              \* stop_by
  LET t == T12(c[p]) IN
  /\ c[p].st = "stop" /\ c[p].main = 0 /\ ~TIMED
  /\ Becomes(p, t) /\ Ghosts(p, t)
  /\ UNCHANGED <<store, w, world, hands, bud, bad>>

Crash(p) ==
  LET t == [RoleDown(c[p]) EXCEPT !.st = "off"] IN
  /\ c[p].st # "off" /\ Spend("crash") /\ Becomes(p, t) /\ Ghosts(p, t)
  /\ UNCHANGED <<store, w, world, hands, bad>>
Start(p) ==                                                  \* T1
  LET s == c[p] IN
  /\ s.st = "off" /\ s.inc < INCMAX
  /\ Becomes(p, [Fresh(s.inc + 1, s.ord) EXCEPT !.main = s.main, !.live = TIMED])
  /\ blind' = IF hid.tr > 0 \/ L[p] < hid.dur THEN blind \cup {p} ELSE blind
  /\ UNCHANGED <<store, ghost, w, world, bud, foreign, hid, bad>>

---------------------------------------------------------------------------
(* The store.                                                              *)

\* I6: a write changes what it names, or creates.
Lands(q) == IF q.rv = 0 THEN ~lease.ex
            ELSE lease.ex /\ lease.uid = q.uid /\ lease.rv = q.rv
Stored(q) == LET rv == lease.rv + 1 IN
  [q.body EXCEPT !.rv = rv, !.uid = IF q.rv = 0 THEN rv ELSE @]
Keep(q) ==
  /\ lease.rv < RVMAX
  /\ IF Lands(q)
     THEN /\ lease' = Stored(q) /\ prev' = lease
          /\ bad' = IF q.k = "acq" /\ foreign > 0
                    THEN "took the lease of a foreign leader" ELSE bad
     ELSE UNCHANGED <<lease, prev, bad>>
  /\ UNCHANGED copy

Serve(p) ==
  LET q == c[p].fl IN
  /\ Sent(p) /\ q.ph = "sent" /\ Reaches(p) /\ Keep(q)
  /\ c' = [c EXCEPT ![p].fl = IF Lands(q)
             THEN [q EXCEPT !.ph = "ok", !.v = Stored(q)]
             ELSE [q EXCEPT !.ph = "conf"]]
  /\ UNCHANGED <<ghost, w, world, hands, bud, maxtok>>
ServeLate(p) ==
  /\ ghost[p] # NoReq /\ ghost' = [ghost EXCEPT ![p] = NoReq]
  /\ Keep(ghost[p]) \/ UNCHANGED <<store, bad>>
  /\ UNCHANGED <<c, w, world, hands, bud, maxtok>>
Repeat(p) ==       \* The network stores it a second time.
  /\ Sent(p) /\ c[p].fl.ph = "sent" /\ Hopeless(ghost[p]) /\ Spend("dup")
  /\ ghost' = [ghost EXCEPT ![p] = Late(c[p].fl)]
  /\ UNCHANGED <<c, store, w, world, hands, bad, maxtok>>

---------------------------------------------------------------------------
(* Hands.                                                                  *)
Save ==
  /\ Copying /\ lease.ex /\ ~copy.ex
  /\ copy' = lease
  /\ UNCHANGED <<c, lease, prev, ghost, w, world, hands, bud, bad, maxtok>>

New == lease.rv + 1
Edits(k) ==
  CASE k = "delete" -> IF lease.ex THEN {Absent(New)} ELSE {}
    [] k = "recreate" -> IF ~lease.ex /\ copy.ex
                         THEN {[copy EXCEPT !.rv = New, !.uid = New]} ELSE {}
    [] k = "restore" -> IF copy.ex /\ copy.rv < lease.rv THEN {copy} ELSE {}
    [] ~lease.ex -> {}
    [] k = "wipe" -> {[lease EXCEPT !.rv = New, !.h = Nobody, !.dur = SEC]}
    [] k = "empty" -> {[lease EXCEPT !.rv = New, !.h = Nobody]}
    [] k = "short" -> {[lease EXCEPT !.rv = New, !.dur = SEC]}
    [] k = "label" -> {[lease EXCEPT !.rv = New]}
    \* A program that follows client-go's rules takes and releases it.
    [] k = "steal" -> {[lease EXCEPT !.rv = New, !.h = Gone, !.tr = @ + 1,
                          !.acq = <<"x", New>>, !.st = <<"x", New>>,
                          !.dur = Largest({L[p] : p \in P})]}
    [] k = "cgrelease" -> IF lease.h # Gone THEN {}
                          ELSE {[lease EXCEPT !.rv = New, !.h = Nobody,
                                   !.st = <<"x", New>>, !.dur = SEC]}
    \* Somebody writes another holder into it, or its own name back.
    [] k = "give" -> {[lease EXCEPT !.rv = New, !.h = <<p, c[p].inc>>] : p \in P}
    [] k = "replay" -> IF copy.ex /\ copy.uid = lease.uid
                       THEN {[copy EXCEPT !.rv = New]} ELSE {}
    [] OTHER -> {}

\* What an edit takes out of sight.  Who has not seen it before cannot know
\* that somebody may still count on it, so I1 is not promised for those: a
\* longer duration that was published, a later term (an old copy applied).
\* Over a restored store it is promised for nobody.
Hide(k, v) ==
  LET dur == IF lease.ex /\ v.dur < lease.dur /\ k # "cgrelease"
             THEN lease.dur ELSE 0
      tr == IF k = "replay" THEN lease.tr ELSE 0
      Known(p) == Max(L[p], c[p].seen.longest)
  IN /\ hid' = [dur |-> Max(hid.dur, dur), tr |-> Max(hid.tr, tr)]
     /\ blind' = IF k = "restore" THEN P
                 ELSE blind \cup {p \in P :
                        \/ Known(p) < dur
                        \/ tr > 0 /\ (c[p].seen.uid # lease.uid
                                      \/ c[p].seen.hi < tr)}

Hand(k) ==
  /\ Spend(k) /\ lease.rv < RVMAX
  /\ \E v \in Edits(k) :
       /\ Record(v) # Record(lease) \/ k \in {"label", "restore"}
       /\ lease' = v /\ prev' = IF k = "restore" THEN v ELSE lease
       /\ Hide(k, v)
  /\ foreign' = CASE k = "steal" -> Largest({D[p] : p \in P})
                  [] k = "cgrelease" -> 0
                  [] OTHER -> foreign
  /\ UNCHANGED <<c, copy, ghost, w, world, bad, maxtok>>

---------------------------------------------------------------------------
(* Faults that TIMED counts.                                               *)
Cut(p) ==
  /\ TIMED /\ p \notin cut /\ Spend("cut") /\ cut' = cut \cup {p}
  /\ UNCHANGED <<c, store, ghost, w, rate, calm, hands, bad, maxtok>>
CutAll ==                     \* The API server is away.
  /\ TIMED /\ cut = {} /\ Spend("outage") /\ cut' = P
  /\ UNCHANGED <<c, store, ghost, w, rate, calm, hands, bad, maxtok>>
\* What was under way may be swallowed for good.
Heal ==
  /\ cut # {} /\ cut' = {}
  /\ \E lost \in {S \in SUBSET cut : \A p \in S : Sent(p)} :
       c' = [p \in P |-> IF p \in lost THEN [c[p] EXCEPT !.fl.bad = TRUE]
                         ELSE c[p]]
  /\ UNCHANGED <<store, ghost, w, rate, calm, hands, bud, bad, maxtok>>
Lose(p) ==
  /\ TIMED /\ Sent(p) /\ ~c[p].fl.bad /\ Spend("lose")
  /\ c' = [c EXCEPT ![p].fl.bad = TRUE]
  /\ UNCHANGED <<store, ghost, w, world, hands, bad, maxtok>>
WatchLost(p) ==
  /\ TIMED /\ c[p].live /\ Spend("watch")
  /\ c' = [c EXCEPT ![p].live = FALSE, ![p].poll = <<0, R>>]
  /\ UNCHANGED <<store, ghost, w, world, hands, bad, maxtok>>

\* Nothing that is due may be put off (TIMED).
Behind(p) == /\ c[p].live /\ ~T1(c[p]) /\ p \notin cut
             /\ c[p].st \in {"run", "give", "stop"}
             /\ WatchAccepts(c[p], lease)
Due(p) ==
  \/ Sent(p) /\ (c[p].fl.dl = 0 \/ (Reaches(p) /\ c[p].fl.age >= Q))
  \/ Next1(p, c[p]).w[2] = 0
  \/ Behind(p)
\* Whom I7 is about.
CanLead == \E p \in P : c[p].st = "run" /\ c[p].cool = 0
Calm == /\ cut = {} /\ CanLead
        /\ \A p \in P : ghost[p] = NoReq /\ (Sent(p) => ~c[p].fl.bad)
\* Over before what is left is one attempt.
InTime == \A p \in P : Leads(c[p]) => c[p].left > A + 1
Led == \E p \in P : Leads(c[p])

Tick ==
  /\ TIMED => (\A p \in P : ~Due(p)) /\ (SHORT /\ cut # {} => InTime)
  /\ c' = [p \in P |-> LET s == Pass(p, c[p], rate[p]) IN
                       IF s.st = "off" THEN Ended(s) ELSE s]
  /\ ghost' = [p \in P |-> LET s == Pass(p, c[p], rate[p]) IN
                           IF Leaves(s) THEN Late(s.fl) ELSE ghost[p]]
  /\ foreign' = Max(0, foreign - 1)
  /\ calm' = IF TIMED /\ Calm /\ ~Led THEN calm + 1 ELSE 0
  /\ UNCHANGED <<store, w, rate, bud, cut, maxtok, blind, hid, bad>>

Next ==
  \/ Tick \/ Save \/ CutAll \/ Heal
  \/ \E k \in FAULTS : Hand(k)
  \/ \E p \in P :
       \/ Read(p) \/ Answer(p) \/ Watch(p) \/ Lost(p) \/ Written(p)
       \/ Stop(p) \/ GiveUp(p) \/ Drained(p) \/ OutOfTime(p)
       \/ Crash(p) \/ Start(p) \/ Serve(p) \/ ServeLate(p) \/ Repeat(p)
       \/ Cut(p) \/ Lose(p) \/ WatchLost(p)
       \/ \E k \in {"new", "ren", "rel"} : Write(p, k)
Spec == Init /\ [][Next]_vars
\* Time goes on, and who was cut off is so no longer some day.
Fair == Spec /\ WF_vars(Next) /\ WF_vars(Heal)

\* Two states are the same if they differ in what can have no effect: a
\* write that can only conflict, a state of the lease that all have seen, an
\* unknown write that no read can show.
Shows(u) ==
  \/ u.st \in {lease.st, copy.st}
  \/ \E p \in P : ~Hopeless(ghost[p]) /\ ghost[p].body.st = u.st
  \/ \E p \in P : Sent(p) /\ c[p].fl.k = "read" /\ c[p].fl.v.st = u.st
Some(S) == IF S = {} THEN {} ELSE {NoReq}
View ==
  <<[p \in P |-> [c[p] EXCEPT
       !.unk = {u \in @ : Shows(u)} \cup Some({u \in @ : ~Shows(u)})]],
    lease, copy,
    IF \E p \in P :
         \/ c[p].seen.known /\ c[p].seen.newest < prev.rv
         \/ Sent(p) /\ c[p].fl.k = "read" /\ c[p].fl.v.rv < prev.rv
    THEN prev ELSE lease,
    [p \in P |-> IF Hopeless(ghost[p]) THEN NoReq ELSE ghost[p]],
    w, rate, bud, cut, calm, foreign, maxtok, blind, hid, bad>>

---------------------------------------------------------------------------
(* I1  two never lead, and no main container works beside another one.     *)
I1 == \A p, q \in P :
        p # q /\ Works(p) /\ Works(q) => p \in blind \/ q \in blind
\* Nor beside a foreign leader; and nobody refuses a store without need.
NotBad == bad = ""

(* T7 as an invariant: who holds has seen nothing else.                    *)
Sight == \A p \in P : Holds(c[p]) =>
           HeldByMe(p, c[p]) /\ c[p].seen.v.uid = c[p].uid

(* I3  the role is down, and main has stopped, while a release is out that *)
(* may be stored.                                                          *)
I3 == \A p \in P :
        /\ c[p].fl.k = "rel" => ~Works(p)
        /\ ghost[p].k = "rel" /\ Lands(ghost[p]) => ~Works(p)

(* I4  valid_until moves later only by a write of ours that was stored, as *)
(* its answer, a read or an event says, and never past D after it was sent.*)
Extends(p) ==
  LET q == c[p].fl
      until == c'[p].left
      sight == c'[p].seen
  IN \/ /\ q.k \in {"acq", "ren"} /\ q.ph = "ok" /\ c'[p].fl = NoReq
        /\ until <= D[p] - q.age
     \/ /\ sight.ex /\ sight.v.h = Me(p, c[p])
        /\ \E u \in c[p].unk : u.st = sight.v.st /\ until <= D[p] - u.age
I4 == [][\A p \in P : c'[p].left > c[p].left => Extends(p)]_vars

(* I5  transitions never fall by a write of ours while the object lives.   *)
ByHand == bud' # bud
I5 == [][lease.ex /\ lease'.uid = lease.uid /\ ~ByHand
         => lease'.tr >= lease.tr]_vars

(* I6  every write names uid and version of what it replaces, or creates.  *)
Out == {c[p].fl : p \in P} \cup {ghost[p] : p \in P}
Replaces(q) == IF q.k = "new" THEN ~lease.ex
               ELSE lease.ex /\ q.uid = lease.uid /\ q.rv = lease.rv
I6 == [][lease' # lease /\ ~ByHand
         => \E q \in Out : IsWrite(q) /\ Replaces(q)
                           /\ lease'.st = q.body.st]_vars

(* I8  a later term's fencing token is greater.                            *)
I8 == [][\A p \in P : Leads(c'[p]) /\ blind = {}
         => IF c'[p].tok = c[p].tok THEN c[p].tok = maxtok
            ELSE c'[p].tok > maxtok]_vars

(* I7  with faults off somebody leads: ever, and in time.  Two windows of  *)
(* a poll, two requests, and the rounding of both to whole units.          *)
I7 == <>Led
I7Bound == Largest({L[p] : p \in P}) + 2 * Up(R * 11, 5) + 2 * Q
I7InTime == calm <= I7Bound

(* I9  an outage that is over one attempt before the deadline of the last  *)
(* renewal that was stored moves nothing.  So one shorter than D - R - A   *)
(* moves nothing, whenever it begins.                                      *)
I9 == Led

\* For checks of the checks: must be violated.
NobodyElse == \A p \in P : Leads(c[p]) => c[p].tok = 2
=============================================================================
