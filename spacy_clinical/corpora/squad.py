class SquadCorpus: pass
