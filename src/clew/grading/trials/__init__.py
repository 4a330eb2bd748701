"""Rules tried on past leads before they hold. Takes a draft; gives the leads that it would grade otherwise."""
