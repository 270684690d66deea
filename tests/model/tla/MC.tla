-------------------------------- MODULE MC --------------------------------
(* What a configuration cannot say: functions of a candidate, and what is *)
(* all the same.  LA, DA are of candidate a, LB, DB of the others.        *)
EXTENDS Election
CONSTANTS a, b, third, LA, LB, DA, DB
MCL == [p \in P |-> IF p = a THEN LA ELSE LB]
MCD == [p \in P |-> IF p = a THEN DA ELSE DB]
MCAge == Max(LA, LB)
Symmetry == Permutations(P)  \* only if LA = LB and DA = DB
===========================================================================
