------------------------------- MODULE Trace -------------------------------
(***************************************************************************)
(* Is what the C++ core did what Rules.tla says?  TraceData.tla holds one  *)
(* record for each Elector::Step, in order; `check.sh trace FILE` makes it *)
(* of a file with one JSON object a line.  Each step is done again by the  *)
(* rules and compared; TLC reports a deadlock at the first line that no    *)
(* rule explains.  Times are microseconds.  The first line is              *)
(*   {"L":15000000,"D":10000000,"G":4000000,"R":2000000,                   *)
(*    "order":"together","trust":[],"accept":false}                        *)
(* with order "together" or "last", trust of "new", "cg"; each other one   *)
(*                                                                         *)
(*   p       which elector: its incarnation                                *)
(*   dt      since its last Step, on its own clock                         *)
(*   ev      start tick read write watch live down stop giveup drained     *)
(*   how     read: found absent failed.  write: applied conflict rejected  *)
(*           unknown.  Else "".  "stale": an answer with an old id         *)
(*   v       read found, write applied, watch: the lease as it came, as    *)
(*           ex, uid, rv, h, acq, st, tr, dur, mark; dur in us; holders    *)
(*           and stamps are strings, "" if not set; uids are counted       *)
(*           from 1; mark is u, i, t, with u 0 if there is none; a         *)
(*           deletion has ex false and its rv.  Else only ex, false, rv, 0 *)
(*   follows watch: WatchEvent::follows                                    *)
(*   stamp   write: WriteDone::renew_time                                  *)
(*   sent    what this Step sent: none read new acq ren rel                *)
(*   body    write sent: h, tr, dur, mark of it.  Else absent              *)
(*   state   view().state in words      leads  view().leads                *)
(*   left    until valid_until while leading or draining, else 0           *)
(*   token   view().fencing_token                                          *)
(* Doubt and Permission are not in the specification: leave such runs out. *)
(***************************************************************************)
EXTENDS Rules, Sequences, TraceData
VARIABLES i, s

Electors == {Trace[n].p : n \in 1..Len(Trace)}
TL == [p \in Electors |-> Settings.L]
TD == [p \in Electors |-> Settings.D]
TG == Settings.G
TR == Settings.R
TA == Min(Settings.D \div 3, 2000000)
TTrust == {Settings.trust[n] : n \in 1..Len(Settings.trust)}
TAccept == Settings.accept

\* "" is nobody, or no stamp.
Word(x) == IF x = "" THEN Nobody ELSE <<x, 0>>
Mark(m) == IF m.u = 0 THEN NoMark ELSE [u |-> m.u, i |-> Word(m.i), t |-> m.t]
Lease(v) ==
  IF ~v.ex THEN Absent(v.rv)
  ELSE [ex |-> TRUE, uid |-> v.uid, rv |-> v.rv, h |-> Word(v.h),
        acq |-> Word(v.acq), st |-> Word(v.st), tr |-> v.tr, dur |-> v.dur,
        mark |-> Mark(v.mark)]

\* What the event does. A request's answer is put in when it comes.
Event(p, t, e) ==
  LET v == Lease(e.v)
      q == t.fl
      done == [t EXCEPT !.fl = [q EXCEPT !.v = v]]
  IN CASE e.how = "stale" -> t
       [] e.ev \in {"start", "tick"} -> t
       [] e.ev = "read" /\ e.how = "failed" ->
            ReadFailed([t EXCEPT !.fl = NoReq])
       [] e.ev = "read" -> ReadDone(p, done)
       [] e.ev = "write" ->
            WriteDone(p, [done EXCEPT !.fl.body.st = Word(e.stamp)], e.how)
       [] e.ev = "watch" ->
            IF WatchAccepts(t, v)
            THEN WatchEvent(p, t, v, e.follows = t.seen.v.rv) ELSE t
       [] e.ev = "live" -> T6([t EXCEPT !.live = TRUE])
       [] e.ev = "down" -> [t EXCEPT !.live = FALSE,
                             !.poll = IF t.live THEN <<0, R>> ELSE @]
       [] e.ev = "stop" -> T10Stop(p, t)
       [] e.ev = "giveup" -> T10GiveUp(p, t)
       [] e.ev = "drained" -> IF Leads(t) THEN t ELSE [t EXCEPT !.main = 0]

\* What was sent was due, but for a microsecond of rounding.
\* An acquire needs the read that just ended: `before`, with its answer.
Allowed(p, before, t, e) ==
  LET n == Next1(p, t) IN
  CASE e.sent = "none" -> TRUE
    [] e.sent = "acq" -> /\ e.ev = "read" /\ MayAcquire(p, t)
                         /\ IsFresh(p, [before EXCEPT !.fl.v = Lease(e.v)], t)
    [] OTHER -> n.k = e.sent /\ n.w[1] <= 1
Sends(p, t, e) ==
  CASE e.sent = "none" -> t
    [] e.sent = "read" -> SendRead(p, t, Absent(0))
    [] OTHER -> SendWrite(p, t, e.sent, <<"sent", i>>)

SameBody(t, e) ==
  IF e.sent \in {"none", "read"} THEN TRUE
  ELSE
    LET b == t.fl.body IN
    /\ b.h = Word(e.body.h) /\ b.tr = e.body.tr /\ b.dur = e.body.dur
    /\ b.mark = Mark(e.body.mark)
State(t) ==
  CASE t.st = "off" -> {"stopped"}
    [] t.st = "refuse" -> {"refusing"}
    [] Leaving(t) -> {"draining"}
    [] Leads(t) -> {"leading"}
    [] T1(t) -> {"starting"}
    [] OTHER -> {"following"}
Matches(t, e) ==
  /\ e.state \in State(t)
  /\ e.leads = Leads(t)
  /\ e.left = t.left
  /\ e.token = t.tok

Init == i = 1 /\ s = [p \in Electors |-> Fresh(0, Settings.order)]
Step ==
  /\ i <= Len(Trace)
  /\ LET e == Trace[i]
         before == Elapse(e.p, s[e.p], e.dt)
         t == Event(e.p, before, e)
         ended == {Settle(e.p, t)} \cup (IF t.st = "stop" THEN {T12(t)} ELSE {})
     IN \E u \in ended :
          /\ Allowed(e.p, before, u, e)
          /\ LET x == Sends(e.p, u, e) IN
             /\ SameBody(x, e) /\ Matches(x, e)
             /\ s' = [s EXCEPT ![e.p] = x]
  /\ i' = i + 1
Done == i > Len(Trace) /\ UNCHANGED <<i, s>>
Spec == Init /\ [][Step \/ Done]_<<i, s>>
=============================================================================
