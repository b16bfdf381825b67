"""The door where vendors knock: what they say is kept, answered at once and looked into later."""
