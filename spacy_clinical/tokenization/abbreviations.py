"""Lists of words that decide whether a full stop ends a sentence.

Dotted abbreviations ("b.i.d.", "U.S.") need no list: they are known by shape.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A name follows, or a word that belongs to this one.
TITLES = _words(
    """
    Dr. Drs. Mr. Mrs. Ms. Mx. Prof. Rev. Hon. St. Lt. Col. Capt. Sgt. Gen.
    dr. drs. mr. mrs. ms. prof. vs. Vs. VS. cf. ca. approx. Approx. viz. incl. excl.
    """
)

# A number follows.
NUMBERED = _words(
    """
    Fig. Figs. fig. figs. No. Nos. no. nos. Nr. Vol. vol. Eq. Tab. Ref. Refs. ref. Ch.
    Suppl. p. pp. Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec.
    """
)

# These end a sentence only if the next word is one that starts sentences.
ABBREVIATIONS = _words(
    """
    Jr. Sr. Esq. Inc. Ltd. Co. Corp. Dept. dept. Hosp. hosp. Univ. Ave. Blvd. al.
    etc. esp. resp. temp. Temp. avg. max. est. ext. Ext. tel. Tel. spp. sp. subsp.
    Pt. Pts. pt. pts. Hx. hx. Dx. dx. Rx. rx. Tx. tx. Sx. sx. Fx. fx. Bx. bx. Px.
    abd. Abd. ant. post. lat. med. inf. sup. prox. dist. bilat. tab. tabs. cap. caps.
    inj. susp. sol. soln. supp.
    """
)

# As above, by shape: where a drug is given, and what goes before examples.
ROUTES = _words("i.v. i.m. s.c. s.q. p.o. p.r. s.l. n.g. n.p.o. e.g. i.e. M.D. Ph.D.")

# Words with a capital that start sentences, and are no names.
STARTERS = _words(
    """
    A After All Also Although An And Another Any As At Because Before Both But By
    Despite During Each Every Exam Examination Finally Following For From Furthermore
    Given He Her His However I If In Initially It Its Later Moreover No None Nor Not
    On Once One Our Over Patient Physical Post Prior Review She Since So Some Still
    Subsequently That The Their Then There Therefore These They This Those Three Thus
    To Two Under Until Upon We Were When Which While With Within Without You Your
    """
)

# A line that ends with one of these goes on in the next.
CONNECTORS = _words(
    """
    a an and are as at be been but by can could did do does during for from had has
    have her his if in into is its may more not of on or our over per should than that
    the their then this to under was were when which who will with within without would
    """
)

# A short line with one of these is part of a sentence, not the item of a list.
SENTENCE_WORDS = _words(
    """
    admitted am are be been being but complained complaining complains denied denies did
    do does had has have he her him his i if is it its not our patient patients
    presented presents pt reported reports she states than that the their them then
    there they this was we were when which while who will would you your
    """
)

# Of these, those that are no abbreviations or names when in capitals: "HEPATITIS A",
# "SEVERE AS", "TAKEN TO THE OR".
OPEN_CAPITALS = CONNECTORS - _words("a an as at be can do had in is it may or will")
